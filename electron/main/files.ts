/**
 * Files of the desktop app: the open and save dialogs, dropped files, and those that the system or
 * the command line hands over. The engine process reads and writes them; no telemetry passes here.
 */
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserWindow, Dialog, FileFilter } from 'electron';
import type { FileOutcome } from '../../proto/shell/shell.ts';
import type { ImportResult } from '../node/host/control.ts';
import type { EngineHost } from '../node/host/engine-host.ts';
import type { ParsedExportChoice } from './ipc.ts';
import type { ShellStateFile } from './shell-state.ts';

const OPEN_FILTERS: FileFilter[] = [
  { name: 'Telemetry', extensions: ['jsonl', 'pb', 'json', 'gz'] },
  { name: 'All files', extensions: ['*'] },
];

/** What the files need from the app around them. */
export interface FilesContext {
  readonly engine: Pick<EngineHost, 'exportFile' | 'importFile'>;
  readonly dialog: Pick<Dialog, 'showOpenDialog' | 'showSaveDialog' | 'showMessageBox'>;
  readonly state: ShellStateFile;
  /** Where dialogs start before any file was chosen. */
  readonly downloadsFolder: string;
}

/** The paths among program arguments, made absolute against `folder`; file: URLs are understood. */
export function filePaths(args: readonly string[], folder: string): string[] {
  return args.map((argument) => {
    if (argument.startsWith('file://') && URL.canParse(argument)) return fileURLToPath(argument);
    return isAbsolute(argument) ? argument : resolve(folder, argument);
  });
}

const count = (value: number, one: string, many: string): string =>
  `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`;

/** What was read, as one sentence, and what was not, as another. */
export function describeImport(name: string, result: ImportResult): string {
  const { spans, logRecords, dataPoints, profiles } = result.imported;
  const parts = [
    ...(spans > 0 ? [count(spans, 'span', 'spans')] : []),
    ...(logRecords > 0 ? [count(logRecords, 'log record', 'log records')] : []),
    ...(dataPoints > 0 ? [count(dataPoints, 'data point', 'data points')] : []),
    ...(profiles > 0 ? [count(profiles, 'profile', 'profiles')] : []),
  ];
  const read =
    parts.length === 0 ? `Nothing new in ${name}.` : `Read ${parts.join(', ')} from ${name}.`;
  const first = result.skipped[0];
  if (first === undefined) return read;
  const skipped = count(result.skipped.length, 'part was', 'parts were');
  return `${read} ${skipped} skipped; the first: ${first.where}: ${first.reason}`;
}

/** A number of bytes in the unit that keeps it short: `812 B`, `1.4 MB`. */
export function describeBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ''}`;
}

/** The shell's file actions. Outcomes carry a sentence for the person, also when something failed. */
export class Files {
  readonly #context: FilesContext;

  constructor(context: FilesContext) {
    this.#context = context;
  }

  /** Asks where to, and writes; null when cancelled. */
  async exportTo(window: BrowserWindow, choice: ParsedExportChoice): Promise<FileOutcome | null> {
    const { dialog, engine } = this.#context;
    const answer = await dialog.showSaveDialog(window, {
      title: 'Export',
      // Only the last part of a suggested name: the page does not choose folders.
      defaultPath: join(this.#folder(), basename(choice.fileName.replaceAll('\\', '/'))),
      properties: ['createDirectory', 'showOverwriteConfirmation'],
    });
    if (answer.canceled || answer.filePath === '') return null;
    const path = answer.filePath;
    await this.#context.state.update({ lastFolder: dirname(path) });
    const { format, gzip, selection } = choice;
    try {
      const { bytes } = await engine.exportFile(path, { format, gzip, selection });
      return { path, ok: true, message: `Wrote ${describeBytes(bytes)} to ${basename(path)}.` };
    } catch (error) {
      return { path, ok: false, message: `${basename(path)} was not written. ${sentence(error)}` };
    }
  }

  /** Asks which files, and imports them; null when cancelled. */
  async openChosen(window: BrowserWindow): Promise<readonly FileOutcome[] | null> {
    const answer = await this.#context.dialog.showOpenDialog(window, {
      title: 'Open',
      defaultPath: this.#folder(),
      filters: OPEN_FILTERS,
      properties: ['openFile', 'multiSelections'],
    });
    const first = answer.filePaths[0];
    if (answer.canceled || first === undefined) return null;
    await this.#context.state.update({ lastFolder: dirname(first) });
    return this.importAll(answer.filePaths);
  }

  /** Imports one after the other, in order, so that memory holds one file's slice at a time. */
  async importAll(paths: readonly string[]): Promise<readonly FileOutcome[]> {
    const outcomes: FileOutcome[] = [];
    for (const path of paths) outcomes.push(await this.#importOne(path));
    return outcomes;
  }

  /**
   * Imports files that nobody in the page asked for (arguments, double click), and tells about those
   * that could not be read in a dialog, because the page has no call to answer.
   */
  async importHandedOver(window: BrowserWindow, paths: readonly string[]): Promise<void> {
    const failed = (await this.importAll(paths)).filter((outcome) => !outcome.ok);
    if (failed.length === 0 || window.isDestroyed()) return;
    await this.#context.dialog.showMessageBox(window, {
      type: 'error',
      message: failed.length === 1 ? 'A file could not be opened' : 'Files could not be opened',
      detail: failed.map((outcome) => outcome.message).join('\n'),
    });
  }

  async #importOne(path: string): Promise<FileOutcome> {
    const name = basename(path);
    if (!isAbsolute(path)) {
      return { path, ok: false, message: `${name} was not read. It has no full path.` };
    }
    try {
      const result = await this.#context.engine.importFile(path);
      return { path, ok: true, message: describeImport(name, result) };
    } catch (error) {
      return { path, ok: false, message: `${name} was not read. ${sentence(error)}` };
    }
  }

  #folder(): string {
    const { state, downloadsFolder } = this.#context;
    return state.current.lastFolder === '' ? downloadsFolder : state.current.lastFolder;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
