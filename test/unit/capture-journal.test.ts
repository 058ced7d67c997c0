/** The files of a journal: each batch whole, in order, for its user alone, until it is cleared. */
import { readFileSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { readRecords } from '../../electron/node/capture/journal-format.ts';
import { plain } from '../support/journal-body.ts';
import { append, useJournalFolder } from '../support/journal-folder.ts';
import { seeded } from '../support/span-bodies.ts';

const MIB = 1024 * 1024;

describe('a journal', () => {
  const journals = useJournalFolder();
  const { open, stored, storedTexts } = journals;

  it('has a batch in its file when append returns', async () => {
    const journal = open();
    for (const [at, text] of ['one', 'two'].entries()) {
      append(journal, 'traces', Buffer.from(text));
      const [file] = NODE_DISK.list(journals.folder);
      const bytes = readFileSync(join(journals.folder, file?.name ?? ''));
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
    expect(journals.failures).toEqual([]);
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
    const sizes = NODE_DISK.list(journals.folder).map(({ bytes }) => bytes);
    expect(Math.max(...sizes)).toBeLessThan(100_000);
  });

  it('writes for its user alone', async () => {
    const journal = open();
    append(journal, 'logs', Buffer.from('secret'));
    await journal.close(true);
    const [name = ''] = await readdir(journals.folder);
    expect((await stat(join(journals.folder, name))).mode & 0o777).toBe(0o600);
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
    expect(await readdir(journals.folder)).toEqual([]);
  });

  it('removes its files on a clean end, and files of others never', async () => {
    await writeFile(join(journals.folder, 'notes.txt'), 'mine');
    const journal = open();
    for (const signal of SIGNALS) append(journal, signal, Buffer.from(signal));
    await journal.close(false);
    expect(await readdir(journals.folder)).toEqual(['notes.txt']);
  });
});
