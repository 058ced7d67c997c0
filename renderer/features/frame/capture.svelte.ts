/** Export, import and clear, as the menu, the keys, the native menu and a drop run them. */
import type { Brush, Filter, Selection } from '../../../proto/live/topics.ts';
import type { FileOutcome } from '../../../proto/shell/shell.ts';
import { SIGNALS } from '../../../proto/otlp/signal.ts';
import { readBrush, withBrush } from '../../session/log-brush.ts';
import { splitMarks } from '../../session/log-marks.ts';
import { parseBrush } from '../../session/trace-brush.ts';
import type { Session } from '../../session/session.svelte.ts';

/** File formats to export to. */
export type CaptureFormat = 'otlp.jsonl' | 'otlp.pb';

/** What of the capture is exported. */
export type CaptureScope = 'all' | 'trace' | 'filter' | 'selection';

const two = (value: number): string => String(value).padStart(2, '0');

/** The suggested name of an export: `flametail-20260731-143205.otlp.jsonl.gz`. */
export function captureFileName(date: Date, format: CaptureFormat, gzip: boolean): string {
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const time = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  return `flametail-${day}-${time}.${format}${gzip ? '.gz' : ''}`;
}

/**
 * The scopes that mean something at the current place, the narrowest last: a trace is open, a filter
 * is set, traces are marked.
 */
export function scopesHere(session: Session): readonly CaptureScope[] {
  const { route } = session;
  const scopes: CaptureScope[] = ['all'];
  if (route.screen === 'trace' && route.id !== '') scopes.push('trace');
  const isNarrowed =
    route.screen === 'logs'
      ? LOG_PARAMS.some((name) => route.param(name) !== '')
      : route.listParam('q') !== '' || parseBrush(route.listParam('brush')) !== null;
  const isFiltered = isNarrowed || route.services.length > 0 || route.notServices.length > 0;
  if (isFiltered && (route.hasList || route.screen === 'logs')) scopes.push('filter');
  if (route.hasList && route.listParam('sel') !== '') scopes.push('selection');
  return scopes;
}

/** What narrows the log list: query, least level, one trace, a stretch of time. */
const LOG_PARAMS: readonly string[] = ['q', 'level', 'trace', 'from'];

/** The log records that the Logs screen shows, as one query; marks hide nothing. */
function shownLogs(session: Session): Filter {
  const { route } = session;
  const { text } = splitMarks(route.param('q'));
  const clauses = text.trim() === '' ? [] : [`(${text.trim()})`];
  const level = route.param('level');
  if (level !== '' && level !== 'trace') clauses.push(`level>=${level}`);
  if (route.param('trace') !== '') clauses.push(`trace:${route.param('trace')}`);
  const brush = readBrush(route.param('from'), route.param('to'));
  return withBrush(session.filter(clauses.join(' ')), brush);
}

/**
 * The traces that the Traces screen shows. In its list of spans the brush is of spans: then it is told
 * by clauses, which hold of one span together with the rest of the query.
 */
function shownTraces(session: Session): { readonly filter: Filter; readonly brush?: Brush } {
  const { route } = session;
  const text = route.listParam('q').trim();
  const brush = parseBrush(route.listParam('brush'));
  if (brush === null) return { filter: session.filter(text) };
  if (route.listParam('by') !== 'spans') return { filter: session.filter(text), brush };
  const clauses = [
    `start>=${brush.fromNs}`,
    `start<${brush.toNs}`,
    `duration>=${brush.minNs}ns`,
    `duration<${brush.maxNs}ns`,
  ].join(' ');
  return { filter: session.filter(text === '' ? clauses : `(${text}) ${clauses}`) };
}

function selectionOf(session: Session, scope: CaptureScope): Selection {
  const { route } = session;
  switch (scope) {
    case 'all':
      return { type: 'all', signals: SIGNALS };
    case 'trace':
      return { type: 'traces', traceIds: [route.id] };
    case 'selection':
      return { type: 'traces', traceIds: route.listParam('sel').split(',') };
    case 'filter': {
      return route.screen === 'logs'
        ? { type: 'filter', signal: 'logs', filter: shownLogs(session) }
        : { type: 'filter', signal: 'traces', ...shownTraces(session) };
    }
  }
}

/** The file actions, and which of their dialogs is open. */
export class CaptureActions {
  readonly #session: Session;
  #dialog = $state<'export' | 'clear' | undefined>(undefined);
  #isImporting = $state(false);

  constructor(session: Session) {
    this.#session = session;
  }

  get dialog(): 'export' | 'clear' | undefined {
    return this.#dialog;
  }

  get isImporting(): boolean {
    return this.#isImporting;
  }

  ask(dialog: 'export' | 'clear'): void {
    this.#dialog = dialog;
  }

  cancel(): void {
    this.#dialog = undefined;
  }

  async export(format: CaptureFormat, gzip: boolean, scope: CaptureScope): Promise<void> {
    this.#dialog = undefined;
    const outcome = await this.#session.host.exportCapture({
      fileName: captureFileName(new Date(), format, gzip),
      format,
      gzip,
      selection: selectionOf(this.#session, scope),
    });
    if (outcome !== null) this.#tell([outcome]);
  }

  async open(): Promise<void> {
    await this.#import(this.#session.host.openFiles());
  }

  async import(files: readonly File[]): Promise<void> {
    if (files.length > 0) await this.#import(this.#session.host.importFiles(files));
  }

  async clear(): Promise<void> {
    this.#dialog = undefined;
    try {
      await this.#session.clear();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#session.notices.show({
        key: 'clear',
        tone: 'error',
        text: `Nothing was cleared. ${reason}`,
      });
    }
  }

  async #import(work: Promise<readonly FileOutcome[] | null>): Promise<void> {
    this.#isImporting = true;
    try {
      this.#tell((await work) ?? []);
    } finally {
      this.#isImporting = false;
    }
  }

  /** Good outcomes are told by the operation's own progress line; bad ones stay until read. */
  #tell(outcomes: readonly FileOutcome[]): void {
    for (const { path, ok, message } of outcomes) {
      if (!ok) this.#session.notices.show({ key: `file ${path}`, tone: 'error', text: message });
    }
  }
}
