/** The few file operations of the journal's writer, so that tests can give a disk that is full. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  unlink,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Errors are the system's; `write` and `remove` report theirs to the callback. */
export interface JournalDisk {
  /** Makes a file that must not exist, for its user alone, and opens it for writing. */
  create(path: string): number;
  /** Writes on another thread, whole or with an error. `bytes` stay the callee's until `done`. */
  write(
    file: number,
    bytes: Uint8Array,
    position: number,
    done: (error: Error | null) => void,
  ): void;
  /** Writes whole before it returns. */
  writeNow(file: number, bytes: Uint8Array, position: number): void;
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
  write: writeWhole,
  writeNow: (file, bytes, position) => {
    for (let at = 0; at < bytes.byteLength;) {
      at += writeSync(file, bytes, at, bytes.byteLength - at, position + at);
    }
  },
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

function writeWhole(
  file: number,
  bytes: Uint8Array,
  position: number,
  done: (error: Error | null) => void,
): void {
  write(file, bytes, 0, bytes.byteLength, position, (error, written) => {
    // A disk that is nearly full takes a part; the next write tells why.
    if (error === null && written < bytes.byteLength) {
      writeWhole(file, bytes.subarray(written), position + written, done);
    } else done(error);
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
