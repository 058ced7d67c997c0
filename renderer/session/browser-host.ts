/** The host of browser mode: WebSocket `/live`, the HTTP API, and a cookie that the token buys. */
import type { Channel } from '../../proto/live/channel.ts';
import type { Brush, Selection } from '../../proto/live/topics.ts';
import { editorAddress } from '../../proto/shell/editor-schemes.ts';
import type { ExportChoice, FileOutcome } from '../../proto/shell/shell.ts';
import { formatCount } from '../base/format.ts';
import { socketChannel } from './channels.ts';
import { HostRefusal, type HostBridge } from './host.ts';

/** File names that the import dialog offers. */
export const CAPTURE_FILES = '.jsonl,.json,.pb,.gz';

interface ImportAnswer {
  readonly imported: Readonly<Record<string, number>>;
  readonly skipped: readonly unknown[];
}

/** Query parameters of `GET /api/v1/export` for a selection. */
export function exportQuery(choice: ExportChoice): URLSearchParams {
  const query = new URLSearchParams({ format: choice.format + (choice.gzip ? '.gz' : '') });
  const selection = choice.selection as Selection;
  switch (selection.type) {
    case 'all':
      query.set('signal', selection.signals.join(','));
      break;
    case 'traces':
      query.set('ids', selection.traceIds.join(','));
      break;
    case 'filter':
      query.set('signal', selection.signal);
      query.set('q', selection.filter.text);
      for (const service of selection.filter.services) query.append('service', service);
      for (const service of selection.filter.notServices) query.append('not-service', service);
      if (selection.brush !== undefined) query.set('brush', brushText(selection.brush));
      break;
  }
  return query;
}

function brushText({ fromNs, toNs, minNs, maxNs }: Brush): string {
  return [fromNs, toNs, minNs, maxNs].join(',');
}

/** The bridge to the server that served this page. */
export class BrowserHost implements HostBridge {
  readonly kind = 'browser';
  readonly platform = 'browser';
  #token: string | undefined;

  constructor() {
    this.#token = takeToken();
  }

  async connect(): Promise<Channel> {
    await this.#signIn();
    const url = new URL('live', document.baseURI);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    const socket = new WebSocket(url);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.addEventListener('open', () => {
        resolve(true);
      });
      socket.addEventListener('close', () => {
        resolve(false);
      });
    });
    if (isOpen) return socketChannel(socket);
    // A failed upgrade does not say why; an ordinary request does.
    const probe = await fetch(apiUrl('status'), { credentials: 'same-origin' });
    if (probe.status === 401 || probe.status === 403) throw new HostRefusal();
    throw new Error(`the live channel did not open (HTTP ${probe.status})`);
  }

  exportCapture(choice: ExportChoice): Promise<FileOutcome | null> {
    const link = document.createElement('a');
    link.href = `${apiUrl('export').href}?${exportQuery(choice).toString()}`;
    link.download = choice.fileName;
    link.click();
    // The browser streams the download itself and shows its progress and its end.
    return Promise.resolve(null);
  }

  async openFiles(): Promise<readonly FileOutcome[] | null> {
    const files = await chooseFiles();
    return files.length === 0 ? null : this.importFiles(files);
  }

  async importFiles(files: readonly File[]): Promise<readonly FileOutcome[]> {
    const outcomes: FileOutcome[] = [];
    for (const file of files) outcomes.push(await importFile(file));
    return outcomes;
  }

  openEditor(url: string): Promise<boolean> {
    const address = editorAddress(url);
    if (address === null) return Promise.resolve(false);
    // The system's handler takes it; the page stays where it is.
    const link = document.createElement('a');
    link.href = address;
    link.click();
    return Promise.resolve(true);
  }

  setTheme(): void {
    // A browser tab has no surfaces of its own.
  }

  onCommand(): () => void {
    return () => undefined;
  }

  async #signIn(): Promise<void> {
    if (this.#token === undefined) return;
    const answer = await fetch(apiUrl('session'), {
      method: 'POST',
      credentials: 'same-origin',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ token: this.#token }),
    });
    // A wrong token is not tried again: a cookie of an earlier visit may still be good.
    if (answer.ok || answer.status === 401 || answer.status === 403) this.#token = undefined;
  }
}

function apiUrl(path: string): URL {
  return new URL(`api/v1/${path}`, document.baseURI);
}

/** Takes the token out of `#token=…`, so that it is in no history, bookmark or screenshot. */
function takeToken(): string | undefined {
  const match = /^#token=([^&]+)&?(.*)$/.exec(location.hash);
  if (match === null) return undefined;
  history.replaceState(null, '', `${location.pathname}${location.search}#${match[2] ?? ''}`);
  return decodeURIComponent(match[1] ?? '');
}

function chooseFiles(): Promise<readonly File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.accept = CAPTURE_FILES;
  return new Promise((resolve) => {
    input.addEventListener('change', () => {
      resolve([...(input.files ?? [])]);
    });
    input.addEventListener('cancel', () => {
      resolve([]);
    });
    input.click();
  });
}

async function importFile(file: File): Promise<FileOutcome> {
  const failed = (message: string): FileOutcome => ({ path: file.name, ok: false, message });
  let answer: Response;
  try {
    answer = await fetch(
      `${apiUrl('import').href}?format=auto&label=${encodeURIComponent(file.name)}`,
      {
        method: 'POST',
        credentials: 'same-origin',
        headers: { 'content-type': 'application/octet-stream' },
        body: file,
      },
    );
  } catch {
    return failed(`${file.name} was not read: the connection to Flametail was lost. Try again.`);
  }
  if (!answer.ok) return failed(`${file.name}: ${await errorMessage(answer)}`);
  const { imported, skipped } = (await answer.json()) as ImportAnswer;
  return { path: file.name, ok: true, message: importMessage(file.name, imported, skipped.length) };
}

/** A sentence about what an import brought: `a.otlp.jsonl: 1,204 spans, 38 log records.` */
export function importMessage(
  name: string,
  imported: Readonly<Record<string, number>>,
  skippedCount: number,
): string {
  const words: Record<string, string> = {
    spans: 'spans',
    logRecords: 'log records',
    dataPoints: 'data points',
    profiles: 'profiles',
  };
  const parts = Object.entries(imported)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${formatCount(count)} ${words[kind] ?? kind}`);
  const what = parts.length === 0 ? 'nothing to read' : parts.join(', ');
  return `${name}: ${what}.${skippedCount > 0 ? ` ${formatCount(skippedCount)} parts skipped.` : ''}`;
}

async function errorMessage(answer: Response): Promise<string> {
  try {
    const body = (await answer.json()) as { error?: { message?: string } };
    if (body.error?.message !== undefined) return body.error.message;
  } catch {
    // An answer without a JSON body still has its status.
  }
  return `the server answered ${answer.status}.`;
}
