import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MarksFile, readMarks, removeMarks } from '../../electron/node/capture/journal-marks.ts';
import type { Mark } from '../../proto/live/topics.ts';

const MANUAL: Mark = { id: 'm1', kind: 'manual', label: 'pool-size 32', timeUnixNano: '5' };
const RESTART: Mark = {
  id: 'm2',
  kind: 'restart',
  label: 'shop restarted',
  timeUnixNano: '18446744073709551615',
  service: 'shop',
  instance: 'pid 7',
};

describe('the marks of a journal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flametail-marks-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('read back as they were written, from a file for its user alone', async () => {
    new MarksFile(folder).write([MANUAL, RESTART]);
    expect(readMarks(folder)).toEqual([MANUAL, RESTART]);
    const [name = ''] = await readdir(folder);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('of several writers are read together, and replaced by one who has them all', async () => {
    const first = new MarksFile(folder);
    first.write([MANUAL]);
    await writeFile(join(folder, 'marks-0badcafe.json'), JSON.stringify([RESTART]));
    expect(
      readMarks(folder)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['m1', 'm2']);
    first.write([RESTART]);
    expect(readMarks(folder)).toEqual([RESTART]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('leave no file when there are none', async () => {
    const file = new MarksFile(folder);
    file.write([MANUAL]);
    file.write([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['cut off', '[{"id":"m1"'],
    ['of another kind', '{"marks":[]}'],
    ['with a time that is none', JSON.stringify([{ ...MANUAL, timeUnixNano: 'now' }])],
    ['with a kind that is none', JSON.stringify([{ ...MANUAL, kind: 'other' }])],
    ['with a name that is endless', JSON.stringify([{ ...MANUAL, label: 'x'.repeat(121) }])],
  ])('in a file %s are none, and those of the others stay', async (_, text) => {
    new MarksFile(folder).write([RESTART]);
    await writeFile(join(folder, 'marks-0badcafe.json'), text);
    expect(readMarks(folder)).toEqual([RESTART]);
  });

  it('are removed without touching what else is there', async () => {
    new MarksFile(folder).write([MANUAL]);
    await writeFile(join(folder, 'marks.txt'), '');
    removeMarks(folder);
    expect(await readdir(folder)).toEqual(['marks.txt']);
  });

  it('of a folder that is not there are none', () => {
    expect(readMarks(join(folder, 'gone'))).toEqual([]);
  });
});
