import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import {
  parseSegmentName,
  readRecords,
  RECORD_HEADER_BYTES,
  SEGMENT_MAGIC,
  segmentName,
  writeRecordHeader,
} from '../../electron/node/capture/journal-format.ts';
import {
  Journal,
  JOURNAL_FLUSH_MS,
  listSegments,
  PARTIAL_MARKER,
} from '../../electron/node/capture/journal.ts';
import { seeded } from '../support/span-bodies.ts';

const MIB = 1024 * 1024;

function record(signal: Signal, arrivalMs: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(RECORD_HEADER_BYTES + bytes.byteLength);
  writeRecordHeader(new DataView(out.buffer), 0, signal, arrivalMs, [bytes], bytes.byteLength);
  out.set(bytes, RECORD_HEADER_BYTES);
  return out;
}

function segmentOf(...texts: readonly string[]): Buffer {
  return Buffer.concat([
    SEGMENT_MAGIC,
    ...texts.map((text, at) => record('logs', 1000.5 + at, Buffer.from(text))),
  ]);
}

/** The texts that come back, and how many bytes are left over. */
function read(segment: Uint8Array): { texts: string[]; left: number } {
  let left = -1;
  const texts = [...readRecords(segment, (bytes) => (left = bytes))].map((one) =>
    Buffer.from(one.bytes).toString(),
  );
  return { texts, left };
}

describe('journal records', () => {
  it('come back as they were written, with signal and arrival', () => {
    const bytes = Buffer.from('a request');
    for (const [at, signal] of SIGNALS.entries()) {
      const segment = Buffer.concat([SEGMENT_MAGIC, record(signal, 1.76e12 + at / 4, bytes)]);
      const [back] = readRecords(segment, (left) => {
        expect(left).toBe(0);
      });
      expect(back).toEqual({ signal, arrivalMs: 1.76e12 + at / 4, bytes });
    }
  });

  it('are read up to the last whole one, wherever the segment is torn', () => {
    const whole = segmentOf('first', 'second');
    const firstEnd = segmentOf('first').byteLength;
    for (let cut = 0; cut < whole.byteLength; cut++) {
      const { texts, left } = read(whole.subarray(0, cut));
      expect(texts).toEqual(cut >= firstEnd ? ['first'] : []);
      const kept = cut >= firstEnd ? firstEnd : cut >= SEGMENT_MAGIC.length ? 4 : 0;
      expect(left).toBe(cut - kept);
    }
    expect(read(whole)).toEqual({ texts: ['first', 'second'], left: 0 });
  });

  it('end before the first one with any wrong bit', () => {
    const whole = segmentOf('first', 'second');
    const firstEnd = segmentOf('first').byteLength;
    for (let at = firstEnd; at < whole.byteLength; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(read(damaged).texts, `byte ${at}`).toEqual(['first']);
    }
  });

  it('are not found in a hole of zeros or in a file of another kind', () => {
    const hole = Buffer.concat([segmentOf('first'), Buffer.alloc(4096)]);
    expect(read(hole)).toEqual({ texts: ['first'], left: 4096 });
    expect(read(Buffer.from('{"not":"ours"}'))).toEqual({ texts: [], left: 14 });
  });
});

describe('segment names', () => {
  it('read back, and sort by age', () => {
    const early = segmentName(999, 7, '00000000', 'traces');
    const late = segmentName(1000, 2, 'ffffffff', 'logs');
    expect(parseSegmentName(early.name)).toEqual(early);
    expect([late.name, early.name].sort()).toEqual([early.name, late.name]);
    expect(parseSegmentName('restoring')).toBeUndefined();
    expect(parseSegmentName(early.name.replace('traces', 'secrets'))).toBeUndefined();
  });
});

describe('a journal', () => {
  let folder: string;
  let failures: Error[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flametail-journal-'));
    failures = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = (budgetBytes = 16 * MIB, disk: JournalDisk = NODE_DISK): Journal =>
    new Journal({ folder, budgetBytes, disk, onFailure: (error) => failures.push(error) });

  const append = (journal: Journal, signal: Signal, bytes: Uint8Array): void => {
    journal.append(signal, 5, [bytes], bytes.byteLength);
  };

  /** What all segments of a signal hold, oldest first. */
  async function stored(signal: Signal): Promise<Uint8Array[]> {
    const { segments } = listSegments(NODE_DISK, folder);
    const found: Uint8Array[] = [];
    for (const { name } of segments.filter((one) => one.signal === signal)) {
      const bytes = await readFile(join(folder, name));
      for (const one of readRecords(bytes, () => undefined)) found.push(one.bytes);
    }
    return found;
  }

  const storedTexts = async (signal: Signal): Promise<string[]> =>
    (await stored(signal)).map((bytes) => Buffer.from(bytes).toString());

  it('has a batch in its file within the flush interval, without another call', async () => {
    const journal = open();
    append(journal, 'traces', Buffer.from('one'));
    append(journal, 'traces', Buffer.from('two'));
    await vi.waitFor(async () => expect(await storedTexts('traces')).toEqual(['one', 'two']), {
      timeout: JOURNAL_FLUSH_MS,
      interval: 5,
    });
    await journal.close(true);
  });

  it('does not wait for another thread that does not come to write', async () => {
    const landings: (() => void)[] = [];
    const stuck: JournalDisk = {
      ...NODE_DISK,
      write: (file, bytes, position, done) => {
        landings.push(() => {
          NODE_DISK.write(file, bytes, position, done);
        });
      },
    };
    const journal = open(16 * MIB, stuck);
    append(journal, 'logs', Buffer.from('one'));
    append(journal, 'logs', Buffer.from('two'));
    await vi.waitFor(async () => expect(await storedTexts('logs')).toEqual(['one', 'two']), {
      timeout: JOURNAL_FLUSH_MS,
      interval: 5,
    });
    append(journal, 'logs', Buffer.from('three'));
    for (const land of landings) land();
    await journal.close(true);
    expect(await storedTexts('logs')).toEqual(['one', 'two', 'three']);
  });

  it('keeps the order and every byte of batches of any size, split into any chunks', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seeded(seed);
    const journal = open(256 * MIB);
    const sent: Buffer[] = [];
    for (let count = 0; count < 400; count++) {
      const size = Math.floor(random() < 0.05 ? random() * 2 * MIB : random() * 5000);
      const bytes = Buffer.alloc(size, count);
      sent.push(Buffer.from(bytes));
      const cut = Math.floor(random() * size);
      journal.append('traces', 5, [bytes.subarray(0, cut), bytes.subarray(cut)], size);
      bytes.fill(0); // The caller reuses its memory.
      if (random() < 0.1) await new Promise(setImmediate);
    }
    await journal.close(true);
    const back = await stored('traces');
    expect(back.length, `seed ${seed}`).toBe(sent.length);
    expect(
      back.every((bytes, at) => sent[at]?.equals(bytes) === true),
      `seed ${seed}`,
    ).toBe(true);
    expect(failures).toEqual([]);
  });

  it('waits at its close for the write to a segment that is full', async () => {
    let land = (): void => undefined;
    const late: JournalDisk = {
      ...NODE_DISK,
      write: (file, bytes, position, done) => {
        land = () => {
          NODE_DISK.write(file, bytes, position, done);
        };
      },
    };
    const journal = open(MIB, late);
    append(journal, 'logs', Buffer.alloc(400_000, 1));
    append(journal, 'logs', Buffer.alloc(400_000, 2));
    const closed = journal.close(true);
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    land();
    await closed;
    expect((await stored('logs')).map((bytes) => bytes[0])).toEqual([1, 2]);
  });

  it('drops its oldest segments when it exceeds the budget', async () => {
    const journal = open(16 * MIB);
    for (let count = 0; count < 400; count++) {
      append(journal, 'traces', Buffer.alloc(100 * 1024, count));
      expect(journal.bytes).toBeLessThanOrEqual(16 * MIB);
    }
    await journal.close(true);
    // Another thread removes them: what is read before may be gone while it is read.
    await vi.waitFor(async () => {
      const { segments } = listSegments(NODE_DISK, folder);
      const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
      expect(bytes).toBeLessThanOrEqual(16 * MIB);
    });
    const back = await stored('traces');
    expect(back.at(-1)?.[0]).toBe(399 & 255);
    expect(back.length).toBeGreaterThan(140);
  });

  it('does not let the flood of one signal push out another', async () => {
    const journal = open(16 * MIB);
    for (let count = 0; count < 10; count++) append(journal, 'logs', Buffer.alloc(100 * 1024));
    for (let count = 0; count < 400; count++) append(journal, 'traces', Buffer.alloc(100 * 1024));
    await journal.close(true);
    expect(await stored('logs')).toHaveLength(10);
  });

  it('writes for its user alone', async () => {
    const journal = open();
    append(journal, 'logs', Buffer.from('secret'));
    await journal.close(true);
    const [name = ''] = await readdir(folder);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('forgets the signals that are cleared, also what was not written yet', async () => {
    const journal = open();
    append(journal, 'logs', Buffer.from('old log'));
    append(journal, 'traces', Buffer.from('trace'));
    journal.clear(['logs']);
    append(journal, 'logs', Buffer.from('new log'));
    await journal.close(true);
    await vi.waitFor(async () => expect(await storedTexts('logs')).toEqual(['new log']));
    expect(await storedTexts('traces')).toEqual(['trace']);
  });

  it('is behind for as long as a write held the thread, and keeps up before', () => {
    const slow: JournalDisk = {
      ...NODE_DISK,
      writeNow: (...args) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_050);
        NODE_DISK.writeNow(...args);
      },
    };
    const journal = open(16 * MIB, slow);
    expect(journal.behindMs).toBe(0);
    append(journal, 'logs', Buffer.from('slow'));
    expect(journal.behindMs).toBeGreaterThan(0);
  });

  it('removes its files on a clean end, and files of others never', async () => {
    await writeFile(join(folder, 'notes.txt'), 'mine');
    const journal = open();
    for (const signal of SIGNALS) append(journal, signal, Buffer.from(signal));
    await journal.close(false);
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  it('counts the segments of an earlier writer, which go first', async () => {
    const earlier = open();
    append(earlier, 'traces', Buffer.alloc(600 * 1024, 1));
    await earlier.close(true);
    const later = open(1 * MIB);
    expect(later.bytes).toBeGreaterThan(600 * 1024);
    append(later, 'traces', Buffer.alloc(600 * 1024, 2));
    await later.close(true);
    await vi.waitFor(async () => expect(await stored('traces')).toHaveLength(1));
    expect((await stored('traces'))[0]?.[0]).toBe(2);
  });

  it('turns itself off once when the disk is full, and leaves what is whole', async () => {
    let freeBytes = 10_000;
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    const disk: JournalDisk = {
      ...NODE_DISK,
      write: (file, bytes, position, done) => {
        freeBytes -= bytes.byteLength;
        if (freeBytes >= 0) NODE_DISK.write(file, bytes, position, done);
        else {
          NODE_DISK.write(file, bytes.subarray(0, 100), position, () => {
            done(full);
          });
        }
      },
    };
    const journal = open(16 * MIB, disk);
    append(journal, 'traces', Buffer.from('kept'));
    await vi.waitFor(async () => expect(await storedTexts('traces')).toEqual(['kept']));
    append(journal, 'traces', Buffer.alloc(20_000));
    await vi.waitFor(() => expect(failures).toEqual([full]));
    expect(journal.isOn).toBe(false);
    append(journal, 'traces', Buffer.from('too late'));
    await journal.close(true);
    expect(await storedTexts('traces')).toEqual(['kept']);
    expect(await readdir(folder)).toContain(PARTIAL_MARKER);
    expect(failures).toHaveLength(1);
  });

  it('is off from the start in a folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const journal = new Journal({
      folder: join(folder, 'file', 'journal'),
      budgetBytes: MIB,
      disk: NODE_DISK,
      onFailure: (error) => failures.push(error),
    });
    expect(journal.isOn).toBe(false);
    expect(failures).toHaveLength(1);
    await journal.close(false);
  });
});
