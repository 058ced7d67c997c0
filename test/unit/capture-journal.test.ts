import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { readRecords } from '../../electron/node/capture/journal-format.ts';
import { Journal, listSegments, PARTIAL_MARKER } from '../../electron/node/capture/journal.ts';
import { plain } from '../support/journal-body.ts';
import { seeded } from '../support/span-bodies.ts';

const MIB = 1024 * 1024;

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
    journal.append(signal, 5, plain([bytes]));
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

  it('has a batch in its file when append returns', async () => {
    const journal = open();
    for (const [at, text] of ['one', 'two'].entries()) {
      append(journal, 'traces', Buffer.from(text));
      const [file] = NODE_DISK.list(folder);
      const bytes = readFileSync(join(folder, file?.name ?? ''));
      let left = -1;
      const records = [...readRecords(bytes, (count) => (left = count))];
      const texts = records.map((one) => Buffer.from(one.bytes).toString());
      expect({ texts, left }).toEqual({ texts: ['one', 'two'].slice(0, at + 1), left: 0 });
    }
    await journal.close(true);
  });

  it('writes a batch of more chunks than the system takes at once', async () => {
    const journal = open();
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, at) => at & 255));
    const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    journal.append('logs', 5, plain(chunks));
    await journal.close(true);
    expect(await stored('logs')).toEqual([bytes]);
  });

  it('takes chunks without bytes, before, between and behind others', async () => {
    const journal = open();
    // A view of nothing has no address, which zlib takes for the wish to start anew.
    const none = Buffer.alloc(0).subarray(0);
    const chunks = [none, Buffer.from('o'), none, Buffer.from('ne'), none];
    journal.append('traces', 5, plain(chunks));
    append(journal, 'traces', Buffer.from('two'));
    await journal.close(true);
    expect(await storedTexts('traces')).toEqual(['one', 'two']);
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
      journal.append('traces', 5, plain([bytes.subarray(0, cut), bytes.subarray(cut)]));
      bytes.fill(0); // The caller reuses its memory.
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

  describe('whose batches are written later', () => {
    /** A disk whose writes on another thread end when they are told to. */
    class HeldDisk {
      readonly held: (() => void)[] = [];
      /** What those writes fail with. */
      error: Error | undefined;
      readonly disk: JournalDisk = {
        ...NODE_DISK,
        writeLater: (file, chunks, position, done) => {
          this.held.push(() => {
            if (this.error === undefined) NODE_DISK.write(file, chunks, position);
            done(this.error ?? null);
          });
        },
      };

      land(): void {
        for (const write of this.held.splice(0)) write();
      }
    }

    it('tells that a batch is kept when it is in its file, and not before', async () => {
      const held = new HeldDisk();
      const journal = open(16 * MIB, held.disk);
      const kept: string[] = [];
      for (const text of ['one', 'two', 'three']) {
        journal.appendLater('traces', 5, plain([Buffer.from(text)]), () => kept.push(text));
      }
      expect(kept).toEqual([]);
      expect(journal.isPending('traces')).toBe(true);
      held.land();
      expect(kept).toEqual(['one']);
      expect(await storedTexts('traces')).toEqual(['one']);
      // What came meanwhile is one write.
      expect(held.held).toHaveLength(1);
      held.land();
      expect(kept).toEqual(['one', 'two', 'three']);
      expect(await storedTexts('traces')).toEqual(['one', 'two', 'three']);
      expect(journal.isPending('traces')).toBe(false);
      await journal.close(true);
    });

    it('are in their file before a batch behind them that cannot wait', async () => {
      const held = new HeldDisk();
      const journal = open(16 * MIB, held.disk);
      const kept: string[] = [];
      for (const text of ['one', 'two']) {
        journal.appendLater('logs', 5, plain([Buffer.from(text)]), () => kept.push(text));
      }
      append(journal, 'logs', Buffer.from('three'));
      expect(await storedTexts('logs')).toEqual(['one', 'two', 'three']);
      // The other thread still reads what the first one was given.
      expect(kept).toEqual(['two']);
      held.land();
      expect(kept).toEqual(['two', 'one']);
      expect(await storedTexts('logs')).toEqual(['one', 'two', 'three']);
      await journal.close(true);
    });

    it('are all told when the disk is full, and the journal is off', async () => {
      const held = new HeldDisk();
      const journal = open(16 * MIB, held.disk);
      const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
      held.error = full;
      let kept = 0;
      for (const text of ['one', 'two']) {
        journal.appendLater('logs', 5, plain([Buffer.from(text)]), () => kept++);
      }
      held.land();
      expect(kept).toBe(2);
      expect(failures).toEqual([full]);
      journal.appendLater('logs', 5, plain([Buffer.from('three')]), () => kept++);
      expect(kept).toBe(3);
      await journal.close(true);
    });

    it('are waited for by the close', async () => {
      const held = new HeldDisk();
      const journal = open(16 * MIB, held.disk);
      journal.appendLater('logs', 5, plain([Buffer.from('one')]), () => undefined);
      const closed = journal.close(true);
      held.land();
      await closed;
      expect(await storedTexts('logs')).toEqual(['one']);
      expect(failures).toEqual([]);
    });

    it('come through the thread pool whole and in order, whatever is appended between them', async () => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const random = seeded(seed);
      const journal = open(256 * MIB);
      const sent: Buffer[] = [];
      const waiting: Promise<void>[] = [];
      for (let count = 0; count < 300; count++) {
        const bytes = Buffer.alloc(1 + Math.floor(random() * 300_000), count);
        sent.push(bytes);
        if (random() < 0.2) append(journal, 'traces', bytes);
        else {
          const body = plain([bytes]);
          const kept = new Promise<void>((resolve) => {
            journal.appendLater('traces', 5, body, resolve);
          });
          waiting.push(kept);
        }
        if (random() < 0.3) await new Promise(setImmediate);
      }
      await Promise.all(waiting);
      const back = await stored('traces');
      expect(back.length, `seed ${seed}`).toBe(sent.length);
      expect(
        back.every((bytes, at) => sent[at]?.equals(bytes) === true),
        `seed ${seed}`,
      ).toBe(true);
      await journal.close(true);
      expect(failures).toEqual([]);
    });

    it('make senders wait while the disk does not answer', async () => {
      const held = new HeldDisk();
      let nowMs = 1_000_000;
      vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
      const journal = open(16 * MIB, held.disk);
      journal.appendLater('logs', 5, plain([Buffer.from('one')]), () => undefined);
      expect(journal.behindMs).toBe(0);
      nowMs += 3_000;
      expect(journal.behindMs).toBe(1_000);
      held.land();
      expect(journal.behindMs).toBe(0);
      vi.restoreAllMocks();
      await journal.close(true);
    });
  });

  it('keeps a batch in the gzip that it came in, and weighs what is in it', async () => {
    const journal = open(16 * MIB);
    const text = 'a request, '.repeat(100_000);
    for (let count = 0; count < 20; count++) {
      const wire = gzipSync(text);
      const chunks = [wire.subarray(0, 10), wire.subarray(10)];
      const { byteLength } = wire;
      const plainBytes = text.length;
      journal.append('logs', 5, { chunks, byteLength, coding: 'gzip', plainBytes });
      expect(journal.bytes).toBeLessThanOrEqual(16 * MIB);
    }
    await journal.close(true);
    const back = await storedTexts('logs');
    expect(back.length).toBeGreaterThan(10);
    expect(back.length).toBeLessThan(16);
    expect(back.every((one) => one === text)).toBe(true);
    const sizes = NODE_DISK.list(folder).map(({ bytes }) => bytes);
    expect(Math.max(...sizes)).toBeLessThan(100_000);
  });

  it('waits at its close for the files that it removes', async () => {
    let removeLate = (): void => undefined;
    const late: JournalDisk = {
      ...NODE_DISK,
      remove: (path, done) => {
        removeLate = () => {
          NODE_DISK.remove(path, done);
        };
      },
    };
    const journal = open(16 * MIB, late);
    append(journal, 'logs', Buffer.from('cleared'));
    journal.clear(['logs']);
    const closed = journal.close(true);
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    removeLate();
    await closed;
    expect(await readdir(folder)).toEqual([]);
  });

  it('drops its oldest segments when it exceeds the budget', async () => {
    const journal = open(16 * MIB);
    for (let count = 0; count < 400; count++) {
      append(journal, 'traces', Buffer.alloc(100 * 1024, count));
      expect(journal.bytes).toBeLessThanOrEqual(16 * MIB);
    }
    const heldBytes = journal.bytes;
    await journal.close(true);
    const { segments } = listSegments(NODE_DISK, folder);
    expect(segments.reduce((sum, segment) => sum + segment.bytes, 0)).toBe(heldBytes);
    const back = await stored('traces');
    expect(back.at(-1)?.[0]).toBe(399 & 255);
    expect(back.length).toBeGreaterThan(140);
  });

  it('writes over the segments that it drops, and reads back what it wrote last', async () => {
    let created = 0;
    const reused: string[] = [];
    const disk: JournalDisk = {
      ...NODE_DISK,
      create: (path) => {
        created++;
        return NODE_DISK.create(path);
      },
      reuse: (from, to, head) => {
        reused.push(from);
        return NODE_DISK.reuse(from, to, head);
      },
    };
    const journal = open(4 * MIB, disk);
    // Equal sizes, so that records of all generations begin at the same places.
    for (let count = 0; count < 200; count++) {
      append(journal, 'traces', Buffer.alloc(100 * 1024, count));
    }
    await journal.close(true);
    expect(reused.length).toBeGreaterThan(10);
    expect(created).toBeLessThan(10);
    const numbers = (await stored('traces')).map((bytes) => bytes[0] ?? -1);
    expect(numbers.length).toBeGreaterThan(30);
    const first = numbers[0] ?? 0;
    expect(numbers).toEqual(numbers.map((_, at) => first + at));
    expect(numbers.at(-1)).toBe(199);
    expect(failures).toEqual([]);
  });

  it('makes a new segment when the one to write over is gone', async () => {
    const journal = open(4 * MIB);
    for (let count = 0; count < 100; count++) {
      append(journal, 'traces', Buffer.alloc(100 * 1024, count));
      if (count === 70) {
        for (const { name } of NODE_DISK.list(folder)) await rm(join(folder, name));
      }
    }
    expect(journal.isOn).toBe(true);
    await journal.close(true);
    expect((await stored('traces')).at(-1)?.[0]).toBe(99);
  });

  it('does not write over segments of another signal, whose Clear removes every byte', async () => {
    const journal = open(4 * MIB);
    for (let count = 0; count < 30; count++) append(journal, 'logs', Buffer.alloc(100 * 1024, 'L'));
    for (let count = 0; count < 60; count++) append(journal, 'traces', Buffer.alloc(100 * 1024));
    journal.clear(['logs']);
    await journal.close(true);
    for (const { name } of NODE_DISK.list(folder)) {
      expect((await readFile(join(folder, name))).includes('LLLL')).toBe(false);
    }
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

  it('forgets the signals that are cleared', async () => {
    const journal = open();
    append(journal, 'logs', Buffer.from('old log'));
    append(journal, 'traces', Buffer.from('trace'));
    journal.clear(['logs']);
    append(journal, 'logs', Buffer.from('new log'));
    await journal.close(true);
    expect(await storedTexts('logs')).toEqual(['new log']);
    expect(await storedTexts('traces')).toEqual(['trace']);
  });

  describe('on a slow disk', () => {
    /** A disk whose writes take so long, by a clock that stands still otherwise. */
    let writeMs = 0;
    let nowMs = 1_000_000;
    const slow: JournalDisk = {
      ...NODE_DISK,
      write: (file, chunks, position) => {
        nowMs += writeMs;
        NODE_DISK.write(file, chunks, position);
      },
    };
    beforeEach(() => {
      writeMs = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    });
    afterEach(() => vi.restoreAllMocks());

    it('is behind for as long as one write held the thread, and keeps up before', async () => {
      const journal = open(16 * MIB, slow);
      append(journal, 'logs', Buffer.from('quick'));
      expect(journal.behindMs).toBe(0);
      writeMs = 3_000;
      append(journal, 'logs', Buffer.from('slow'));
      expect(journal.behindMs).toBe(3_000);
      nowMs += 3_000;
      expect(journal.behindMs).toBe(0);
      await journal.close(true);
    });

    it('is behind when writes that are throttled take most of the time', async () => {
      const journal = open(16 * MIB, slow);
      writeMs = 200;
      for (let count = 0; count < 20 && journal.behindMs === 0; count++) {
        append(journal, 'logs', Buffer.from('throttled'));
        nowMs += 50;
      }
      expect(journal.behindMs).toBeGreaterThan(500);
      await journal.close(true);
    });

    it('keeps up while writes leave half of the time to the rest', async () => {
      const journal = open(16 * MIB, slow);
      writeMs = 200;
      for (let count = 0; count < 100; count++) {
        append(journal, 'logs', Buffer.from('throttled'));
        expect(journal.behindMs).toBe(0);
        nowMs += 220;
      }
      await journal.close(true);
    });
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
    expect((await stored('traces')).map((bytes) => bytes[0])).toEqual([2]);
  });

  it('turns itself off once when the disk is full, and leaves what is whole', async () => {
    let freeBytes = 10_000;
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    const disk: JournalDisk = {
      ...NODE_DISK,
      write: (file, chunks, position) => {
        const bytes = Buffer.concat(chunks);
        freeBytes -= bytes.byteLength;
        if (freeBytes >= 0) NODE_DISK.write(file, [bytes], position);
        else {
          NODE_DISK.write(file, [bytes.subarray(0, 100)], position);
          throw full;
        }
      },
    };
    const journal = open(16 * MIB, disk);
    append(journal, 'traces', Buffer.from('kept'));
    append(journal, 'traces', Buffer.alloc(20_000));
    expect(failures).toEqual([full]);
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
