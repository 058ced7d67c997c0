/**
 * What stands between the page and its host: the live channel, and the files that the host reads and
 * writes. Browser mode talks to the server that served the page, the desktop to the preload bridge.
 */
import type { Channel } from '../../proto/live/channel.ts';
import type {
  ExportChoice,
  FileOutcome,
  ShellCommand,
  ThemeChoice,
} from '../../proto/shell/shell.ts';

/** Thrown by `connect` when the host knows the page and turns it away: there is no valid token. */
export class HostRefusal extends Error {
  override readonly name = 'HostRefusal';
}

/** One host of the page. */
export interface HostBridge {
  readonly kind: 'browser' | 'desktop';
  /** 'darwin' moves the title bar's content right of the traffic lights, 'win32' left of the buttons. */
  readonly platform: 'browser' | 'darwin' | 'win32' | 'linux';
  /** A fresh channel to the engine. Rejects with HostRefusal, or another error when it is away. */
  connect(): Promise<Channel>;
  /** Writes a capture to a file the person chooses; null when they cancel. */
  exportCapture(choice: ExportChoice): Promise<FileOutcome | null>;
  /** Lets the person choose files and imports them; null when they cancel. */
  openFiles(): Promise<readonly FileOutcome[] | null>;
  /** Imports files that were dropped on the page. */
  importFiles(files: readonly File[]): Promise<readonly FileOutcome[]>;
  /** Opens an address of an editor (proto/shell/editor-schemes.ts); false when that is refused. */
  openEditor(url: string): Promise<boolean>;
  /** Tells the host which theme its own surfaces should have. */
  setTheme(choice: ThemeChoice): void;
  /** Commands of a native menu. The result stops listening. */
  onCommand(handler: (command: ShellCommand) => void): () => void;
}
