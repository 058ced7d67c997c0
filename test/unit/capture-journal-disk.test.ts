/** The journal on a disk that is slow, full or not there. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { Journal, PARTIAL_MARKER } from '../../electron/node/capture/journal.ts';
import { append, useJournalFolder } from '../support/journal-folder.ts';

const MIB = 1024 * 1024;

describe('a journal', () => {
  const journals = useJournalFolder();
  const { open, storedTexts } = journals;

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
    expect(journals.failures).toEqual([full]);
    expect(journal.isOn).toBe(false);
    append(journal, 'traces', Buffer.from('too late'));
    await journal.close(true);
    expect(await storedTexts('traces')).toEqual(['kept']);
    expect(await readdir(journals.folder)).toContain(PARTIAL_MARKER);
    expect(journals.failures).toHaveLength(1);
  });

  it('is off from the start in a folder that cannot be made', async () => {
    await writeFile(join(journals.folder, 'file'), '');
    const journal = new Journal({
      folder: join(journals.folder, 'file', 'journal'),
      budgetBytes: MIB,
      disk: NODE_DISK,
      onFailure: (error) => journals.failures.push(error),
    });
    expect(journal.isOn).toBe(false);
    expect(journals.failures).toHaveLength(1);
    await journal.close(false);
  });
});
