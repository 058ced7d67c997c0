/**
 * What the page may ask of the desktop shell: the whole surface of the preload bridge, and the IPC
 * channels under it (channel name -> signature). In browser mode there is no shell.
 */

/** Commands that the native menu sends to the page; the page's own keys run the same ones. */
export type ShellCommand =
  | 'open'
  | 'export'
  | 'clear'
  | 'pause'
  | 'find'
  | 'toggleTheme'
  | 'goTraces'
  | 'goLogs'
  | 'goMetrics'
  | 'goConnect'
  | 'showKeys';

export type ThemeChoice = 'system' | 'dark' | 'light';

export interface ExportChoice {
  /** Suggested file name without folder. */
  readonly fileName: string;
  readonly format: 'otlp.jsonl' | 'otlp.pb';
  readonly gzip: boolean;
  /** A `Selection` (proto/live/topics.ts). */
  readonly selection: unknown;
}

/** invoke channels: renderer -> main, one answer. */
export interface ShellInvokes {
  /** Shows the save dialog and writes the file; null when the person cancels the dialog. */
  'capture:export': { readonly args: readonly [ExportChoice]; readonly result: FileOutcome | null };
  /** Shows the open dialog and imports the chosen files; null when cancelled. */
  'capture:open': { readonly args: readonly []; readonly result: readonly FileOutcome[] | null };
  /** Imports files that were dropped on the window; the preload turns File objects into paths. */
  'capture:import': {
    readonly args: readonly [readonly string[]];
    readonly result: readonly FileOutcome[];
  };
  /** Asks for a fresh live port: it arrives as a window message (SHELL_PORT_MESSAGE). */
  'engine:connect': { readonly args: readonly []; readonly result: boolean };
  /** Opens a file in an editor by its URL scheme; false when the address is none of editor-schemes.ts. */
  'editor:open': { readonly args: readonly [string]; readonly result: boolean };
  'theme:set': { readonly args: readonly [ThemeChoice]; readonly result: null };
}

/** send channels: main -> renderer. */
export interface ShellEvents {
  command: ShellCommand;
}

export interface FileOutcome {
  readonly path: string;
  readonly ok: boolean;
  /** A sentence for the person: what was written or read, or why not and what to do. */
  readonly message: string;
}

/** `event.data` of the window message that carries the live MessagePort. */
export const SHELL_PORT_MESSAGE = 'flametail:port';

/** The global that the preload exposes as `window.flametailShell`. */
export interface FlametailShell {
  readonly platform: 'darwin' | 'win32' | 'linux';
  exportCapture(choice: ExportChoice): Promise<FileOutcome | null>;
  openFiles(): Promise<readonly FileOutcome[] | null>;
  importFiles(files: readonly unknown[]): Promise<readonly FileOutcome[]>;
  connectEngine(): Promise<boolean>;
  openEditor(url: string): Promise<boolean>;
  setTheme(choice: ThemeChoice): Promise<null>;
  onCommand(handler: (command: ShellCommand) => void): () => void;
}
