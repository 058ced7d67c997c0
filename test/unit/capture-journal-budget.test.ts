/** How the journal keeps to its budget: which segments it drops, and what it writes over them. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { listSegments } from '../../electron/node/capture/journal.ts';
import { append, useJournalFolder } from '../support/journal-folder.ts';

const MIB = 1024 * 1024;

describe('a journal', () => {
  const journals = useJournalFolder();
  const { open, stored } = journals;

  it('drops its oldest segments when it exceeds the budget', async () => {
    const journal = open(16 * MIB);
    for (let count = 0; count < 400; count++) {
      append(journal, 'traces', Buffer.alloc(100 * 1024, count));
      expect(journal.bytes).toBeLessThanOrEqual(16 * MIB);
    }
    const heldBytes = journal.bytes;
    await journal.close(true);
    const { segments } = listSegments(NODE_DISK, journals.folder);
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
    expect(journals.failures).toEqual([]);
  });

  it('makes a new segment when the one to write over is gone', async () => {
    const journal = open(4 * MIB);
    for (let count = 0; count < 100; count++) {
      append(journal, 'traces', Buffer.alloc(100 * 1024, count));
      if (count === 70) {
        const { folder } = journals;
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
    for (const { name } of NODE_DISK.list(journals.folder)) {
      expect((await readFile(join(journals.folder, name))).includes('LLLL')).toBe(false);
    }
  });

  it('does not let the flood of one signal push out another', async () => {
    const journal = open(16 * MIB);
    for (let count = 0; count < 10; count++) append(journal, 'logs', Buffer.alloc(100 * 1024));
    for (let count = 0; count < 400; count++) append(journal, 'traces', Buffer.alloc(100 * 1024));
    await journal.close(true);
    expect(await stored('logs')).toHaveLength(10);
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
});
