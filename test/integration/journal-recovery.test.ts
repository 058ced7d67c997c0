/** What a program that was killed leaves: offered, restored and discarded by the next one. */
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournalFolder } from '../../electron/node/host/journal-folder.ts';
import { sendTrace } from '../support/send.ts';
import { openWorkspace, type Workspace } from '../support/serve-inline.ts';
import {
  ask,
  deadPid,
  httpPort,
  journalsOf,
  leaveCapture,
  marksOf,
  onlyJournal,
  statusOf,
} from './journal-support.ts';

let workspace: Workspace;
let journals: string;
beforeEach(async () => {
  workspace = await openWorkspace();
  journals = journalsOf(workspace);
});
afterEach(() => workspace.close());

describe('after the program was killed', () => {
  it('the next start offers the capture, and Restore takes it back', async () => {
    await leaveCapture(workspace, ['one', 'two']);
    const served = await workspace.start();
    expect(served.run.out).toContain('"event":"recoverable"');
    const before = await statusOf(served);
    expect(before.signals.spans.received).toBe(0);
    expect(before.journal.recovery?.bytes).toBeGreaterThan(500);
    expect(await ask(served, 'journal.restore', {})).toMatchObject({ spans: 10, lostBytes: 0 });
    const after = await statusOf(served);
    expect(after.signals.spans.kept).toBe(10);
    expect(after.journal.recovery).toBeNull();
    expect(after.operations).toMatchObject([{ kind: 'restore', message: '10 spans restored' }]);
    await expect(ask(served, 'journal.restore', {})).rejects.toMatchObject({ code: 'notFound' });
  });

  it('a restored capture is in the journal of the instance that took it', async () => {
    await leaveCapture(workspace, ['one']);
    const served = await workspace.start();
    await ask(served, 'journal.restore', {});
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('5 spans restored');
    expect((await statusOf(served)).signals.spans.kept).toBe(5);
  });

  it('marks are offered with the capture, and come back beside new ones', async () => {
    await leaveCapture(workspace, ['one'], 'pool-size 32');
    const served = await workspace.start();
    expect(await marksOf(served)).toEqual([]);
    await ask(served, 'mark.add', { label: 'today' });
    await ask(served, 'journal.restore', {});
    const labels = async (): Promise<string[]> => (await marksOf(served)).map(({ label }) => label);
    expect(await labels()).toEqual(['pool-size 32', 'today']);
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('5 spans restored');
    expect(await labels()).toEqual(['pool-size 32', 'today']);
  });

  it.each([['--restore'], ['--restore', '--no-journal']])(
    'marks come back with %s %s, and a clean exit removes them',
    async (...flags) => {
      await leaveCapture(workspace, ['one'], 'pool-size 32');
      const served = await workspace.start(...flags);
      expect(await marksOf(served)).toMatchObject([{ label: 'pool-size 32' }]);
      await served.stop();
      expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
    },
  );

  it('marks without telemetry are not kept', async () => {
    await leaveCapture(workspace, [], 'alone');
    const served = await workspace.start();
    expect((await statusOf(served)).journal.recovery).toBeNull();
    expect(await marksOf(served)).toEqual([]);
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });

  it('Discard removes it', async () => {
    await leaveCapture(workspace, ['one']);
    const served = await workspace.start();
    await ask(served, 'journal.discard', {});
    expect((await statusOf(served)).journal.recovery).toBeNull();
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });

  it('an offer that nobody answered is made again by the next start', async () => {
    await leaveCapture(workspace, ['one']);
    await (await workspace.start()).stop();
    // This process still runs, so the folder it left is made that of a dead one.
    const own = await onlyJournal(workspace);
    await rename(own, join(journals, `${await deadPid()}-1-0badcafe`));
    const served = await workspace.start();
    expect((await statusOf(served)).journal.recovery).not.toBeNull();
  });

  it('--restore takes it back without asking, before anything new arrives', async () => {
    await leaveCapture(workspace, ['one', 'two']);
    const served = await workspace.start('--restore');
    expect((await statusOf(served)).signals.spans.kept).toBe(10);
    await expect.poll(() => served.run.out).toContain('"event":"restored","spans":10');
    expect((await statusOf(served)).journal.recovery).toBeNull();
  });

  it('--restore works without a journal of its own, and leaves nothing behind', async () => {
    await leaveCapture(workspace, ['one']);
    const served = await workspace.start('--restore', '--no-journal');
    expect((await statusOf(served)).signals.spans.kept).toBe(5);
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });

  it('a journal that ended the engine when it was read is offered instead of read again', async () => {
    await leaveCapture(workspace, ['one']);
    const [name = ''] = await readdir(journals);
    const served = await workspace.start();
    const own = (await readdir(journals)).find((other) => other !== name) ?? '';
    const recovery = join(journals, own, 'recovery');
    for (const file of await readdir(recovery)) {
      await rename(join(recovery, file), join(journals, own, file));
    }
    await writeFile(join(journals, own, 'restoring'), '');
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('runs again');
    const { journal, signals } = await statusOf(served);
    expect(journal.recovery).not.toBeNull();
    expect(signals.spans.received).toBe(0);
    expect(served.run.err).toContain('Reading the journal ended the engine');
  });
});

describe('journal folders', () => {
  const choice = () => ({
    stateFolder: join(workspace.folder, 'state'),
    isOn: true,
    restore: false,
    budgetBytes: 1 << 26,
  });

  it('are never shared by two instances', async () => {
    const one = await workspace.start();
    const two = await workspace.start();
    await sendTrace(httpPort(one), 'of one', 3);
    await sendTrace(httpPort(two), 'of two', 4);
    expect(await readdir(journals)).toHaveLength(2);
    expect((await statusOf(two)).journal.recovery).toBeNull();
    two.spawner.crash();
    await expect.poll(() => two.run.err, { timeout: 5000 }).toContain('4 spans restored');
    expect((await statusOf(one)).signals.spans.kept).toBe(3);
  });

  it('of a dead process are claimed by one of two instances that start at once', async () => {
    await leaveCapture(workspace, ['one']);
    const started = await Promise.all([workspace.start(), workspace.start()]);
    const statuses = await Promise.all(started.map(statusOf));
    expect(statuses.filter(({ journal }) => journal.recovery !== null)).toHaveLength(1);
  });

  it('of a process whose number runs again as another one are claimed', async () => {
    const path = join(journals, `${process.pid}-1-0badcafe`);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, '00000000000001-000001-0badcafe.logs'), 'FTJ1');
    const opened = openJournalFolder(choice());
    expect(opened).toMatchObject({ isOn: true });
    expect(await readdir(journals)).toHaveLength(1);
  });

  it('of earlier runs are kept within the budget, newest first', async () => {
    const path = join(journals, `${await deadPid()}-1-0badcafe`);
    await mkdir(join(path, 'recovery'), { recursive: true });
    const segment = (at: number): string => `0000000000000${at}-000001-0badcafe.logs`;
    await writeFile(join(path, 'recovery', segment(1)), Buffer.alloc(1000));
    await writeFile(join(path, segment(2)), Buffer.alloc(1000));
    await writeFile(join(path, segment(3)), Buffer.alloc(1000));
    openJournalFolder({ ...choice(), budgetBytes: 2500 });
    expect(await readdir(join(await onlyJournal(workspace), 'recovery'))).toEqual([
      segment(2),
      segment(3),
    ]);
  });
});
