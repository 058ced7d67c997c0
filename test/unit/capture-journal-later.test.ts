/** Batches that the journal writes on another thread: their order, and when they count as kept. */
import { describe, expect, it, vi } from 'vitest';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { plain } from '../support/journal-body.ts';
import { append, useJournalFolder } from '../support/journal-folder.ts';
import { seeded } from '../support/span-bodies.ts';

const MIB = 1024 * 1024;

describe('a journal', () => {
  const journals = useJournalFolder();
  const { open, stored, storedTexts } = journals;

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
      expect(journals.failures).toEqual([full]);
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
      expect(journals.failures).toEqual([]);
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
      expect(journals.failures).toEqual([]);
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
});
