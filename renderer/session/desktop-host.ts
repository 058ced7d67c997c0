/** The host of the desktop app: the preload bridge, and a MessagePort straight to the engine. */
import type { Channel } from '../../proto/live/channel.ts';
import {
  SHELL_PORT_MESSAGE,
  type ExportChoice,
  type FileOutcome,
  type FlametailShell,
  type ShellCommand,
  type ThemeChoice,
} from '../../proto/shell/shell.ts';
import { portChannel } from './channels.ts';
import type { HostBridge } from './host.ts';

/** How long the port may take after the main process said that the engine is there. */
const PORT_TIMEOUT_MS = 5000;

/** The bridge through `window.flametailShell`. */
export class DesktopHost implements HostBridge {
  readonly kind = 'desktop';
  readonly #shell: FlametailShell;

  constructor(shell: FlametailShell) {
    this.#shell = shell;
  }

  get platform(): FlametailShell['platform'] {
    return this.#shell.platform;
  }

  async connect(): Promise<Channel> {
    const stop = new AbortController();
    const port = nextPort(stop.signal);
    try {
      if (!(await this.#shell.connectEngine())) throw new Error('the engine is not running');
      return portChannel(await port);
    } finally {
      stop.abort();
    }
  }

  exportCapture(choice: ExportChoice): Promise<FileOutcome | null> {
    return this.#shell.exportCapture(choice);
  }

  openFiles(): Promise<readonly FileOutcome[] | null> {
    return this.#shell.openFiles();
  }

  importFiles(files: readonly File[]): Promise<readonly FileOutcome[]> {
    return this.#shell.importFiles(files);
  }

  openEditor(url: string): Promise<boolean> {
    return this.#shell.openEditor(url);
  }

  setTheme(choice: ThemeChoice): void {
    void this.#shell.setTheme(choice);
  }

  onCommand(handler: (command: ShellCommand) => void): () => void {
    return this.#shell.onCommand(handler);
  }
}

/** The next live port that the preload hands over. Rejects after PORT_TIMEOUT_MS. */
function nextPort(stopped: AbortSignal): Promise<MessagePort> {
  const port = new Promise<MessagePort>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('the live port did not arrive'));
    }, PORT_TIMEOUT_MS);
    stopped.addEventListener('abort', () => {
      clearTimeout(timer);
    });
    window.addEventListener(
      'message',
      (event: MessageEvent<unknown>) => {
        const [received] = event.ports;
        // Frames and other windows may post messages too: only the preload of this one counts.
        if (event.source !== window || event.data !== SHELL_PORT_MESSAGE) return;
        if (received !== undefined) resolve(received);
      },
      { signal: stopped },
    );
  });
  port.catch(() => undefined); // Nobody awaits it when the engine is not running.
  return port;
}
