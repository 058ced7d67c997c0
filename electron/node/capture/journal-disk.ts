/** The few file operations of the journal's writer, so that tests can give a disk that is full. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlink,
  writev,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';

/** Errors are the system's; `remove` reports its own to the callback. */
export interface JournalDisk {
  /** Makes a file that must not exist, for its user alone, and opens it for writing. */
  create(path: string): number;
  /**
   * Begins a file anew under another name and opens it for writing: its first bytes are `head`, the
   * rest is as it was. Under its old name it is never what it was but with the new head.
   */
  reuse(from: string, to: string, head: Uint8Array): number;
  /** Writes the chunks one behind the other from a position on, all of them before it returns. */
  write(file: number, chunks: readonly Uint8Array[], position: number): void;
  /**
   * The same on another thread; `done` is called once. Until then the chunks stay as they are and the
   * file stays open.
   */
  writeLater(
    file: number,
    chunks: readonly Uint8Array[],
    position: number,
    done: (error: Error | null) => void,
  ): void;
  close(file: number): void;
  /** Removes a file on another thread; one that is gone is no error. */
  remove(path: string, done: (error: Error | null) => void): void;
  removeNow(path: string): void;
  /** Makes a folder and those above it, for their user alone. */
  makeFolder(path: string): void;
  /** Names and sizes of the files of a folder; none when there is no folder. */
  list(folder: string): readonly { readonly name: string; readonly bytes: number }[];
}

/** The real disk. */
export const NODE_DISK: JournalDisk = {
  create: (path) => openSync(path, 'wx', 0o600),
  reuse: (from, to, head) => {
    const file = openSync(from, 'r+');
    try {
      writeWhole(file, [head], 0);
      renameSync(from, to);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    return file;
  },
  write: writeWhole,
  writeLater: writeWholeLater,
  close: closeSync,
  remove: (path, done) => {
    unlink(path, (error) => {
      done(error?.code === 'ENOENT' ? null : error);
    });
  },
  removeNow: (path) => {
    rmSync(path, { force: true });
  },
  makeFolder: (path) => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  list: (folder) => {
    const files: { name: string; bytes: number }[] = [];
    for (const name of namesIn(folder)) {
      const entry = statSync(join(folder, name), { throwIfNoEntry: false });
      if (entry?.isFile() === true) files.push({ name, bytes: entry.size });
    }
    return files;
  },
};

function writeWhole(file: number, chunks: readonly Uint8Array[], position: number): void {
  let at = position;
  let written = writevSync(file, chunks, at);
  // A disk that is nearly full takes a part; the next write tells why.
  for (let rest = behind(chunks, written); rest.length > 0; rest = behind(rest, written)) {
    at += written;
    written = writevSync(file, rest, at);
  }
}

function writeWholeLater(
  file: number,
  chunks: readonly Uint8Array[],
  position: number,
  done: (error: Error | null) => void,
): void {
  writev(file, chunks, position, (error, written) => {
    const rest = error === null ? behind(chunks, written) : [];
    if (rest.length > 0) writeWholeLater(file, rest, position + written, done);
    else done(error);
  });
}

/** What is left of chunks behind their first `bytes`. */
function behind(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [at, chunk] of chunks.entries()) {
    if (left < chunk.byteLength) return [chunk.subarray(left), ...chunks.slice(at + 1)];
    left -= chunk.byteLength;
  }
  return [];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
