/** A folder for the journals of one test, and what their files hold. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Signal } from '../../proto/otlp/signal.ts';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { readRecords } from '../../electron/node/capture/journal-format.ts';
import { Journal, listSegments } from '../../electron/node/capture/journal.ts';
import { plain } from './journal-body.ts';

const DEFAULT_BYTES = 16 * 1024 * 1024;

/** The folder of the test that runs, made before it and removed after it. */
export interface JournalFolder {
  readonly folder: string;
  /** What the journals opened here failed with. */
  readonly failures: Error[];
  /** A journal in the folder, with a budget of 16 MiB and the machine's disk unless given. */
  readonly open: (budgetBytes?: number, disk?: JournalDisk) => Journal;
  /** The batches in all segments of a signal, oldest first. */
  readonly stored: (signal: Signal) => Promise<Uint8Array[]>;
  /** The same as texts. */
  readonly storedTexts: (signal: Signal) => Promise<string[]>;
}

/** Gives each test of a `describe` a folder of its own. */
export function useJournalFolder(): JournalFolder {
  let folder = '';
  let failures: Error[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flametail-journal-'));
    failures = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function stored(signal: Signal): Promise<Uint8Array[]> {
    const { segments } = listSegments(NODE_DISK, folder);
    const found: Uint8Array[] = [];
    for (const { name } of segments.filter((one) => one.signal === signal)) {
      const bytes = await readFile(join(folder, name));
      for (const one of readRecords(bytes, () => undefined)) found.push(one.bytes);
    }
    return found;
  }

  return {
    get folder() {
      return folder;
    },
    get failures() {
      return failures;
    },
    open: (budgetBytes = DEFAULT_BYTES, disk = NODE_DISK) =>
      new Journal({ folder, budgetBytes, disk, onFailure: (error) => failures.push(error) }),
    stored,
    storedTexts: async (signal) =>
      (await stored(signal)).map((bytes) => Buffer.from(bytes).toString()),
  };
}

/** Writes a batch of one chunk, at once. */
export function append(journal: Journal, signal: Signal, bytes: Uint8Array): void {
  journal.append(signal, 5, plain([bytes]));
}
