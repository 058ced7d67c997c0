/** What comes back after a crash of the engine, and that a clean exit leaves nothing. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendTrace } from '../support/send.ts';
import { openWorkspace, type Workspace } from '../support/serve-inline.ts';
import { ask, httpPort, marksOf, onlyJournal, statusOf } from './journal-support.ts';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await openWorkspace();
});
afterEach(() => workspace.close());

describe('after a crash of the engine', () => {
  it('marks come back under their ids, renamed and without the removed ones', async () => {
    const served = await workspace.start();
    await sendTrace(httpPort(served), 'before');
    const kept = await ask(served, 'mark.add', { label: 'pool-size 16' });
    const gone = await ask(served, 'mark.add', {});
    await ask(served, 'mark.rename', { id: kept.id, label: 'pool-size 32' });
    await ask(served, 'mark.remove', { id: gone.id });
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('restored');
    expect(await marksOf(served)).toEqual([{ ...kept, label: 'pool-size 32' }]);
  });

  it('everything comes back by itself, and the command line says what', async () => {
    const served = await workspace.start();
    await sendTrace(httpPort(served), 'before', 7);
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('7 spans restored');
    const status = await statusOf(served);
    expect(status.signals.spans).toMatchObject({ received: 7, kept: 7 });
    expect(status.journal.restored).toMatchObject({ spans: 7, lostBytes: 0, isPartial: false });
    const { traces } = await ask(served, 'traces.list', {
      filter: { text: '', services: [], notServices: [] },
      limit: 5,
      cursor: '',
    });
    expect(traces.map(({ rootName }) => rootName)).toEqual(['before']);
  });

  it('what came back and what came since survive the next one', async () => {
    const served = await workspace.start();
    for (const name of ['first', 'second', 'third']) {
      await sendTrace(httpPort(served), name, 5);
      const spawned = served.spawner.spawned;
      served.spawner.crash();
      await expect
        .poll(() => served.run.err.match(/runs again/g)?.length ?? 0, { timeout: 5000 })
        .toBe(spawned);
    }
    expect((await statusOf(served)).signals.spans.kept).toBe(15);
  });

  it('keeps the time at which batches arrived', async () => {
    const served = await workspace.start();
    await sendTrace(httpPort(served), 'before');
    const { oldestMs } = await statusOf(served);
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('restored');
    expect((await statusOf(served)).oldestMs).toBeLessThanOrEqual((oldestMs ?? 0) + 1);
  });

  it('what was cleared stays gone, and what was pinned stays', async () => {
    const served = await workspace.start();
    const { traceId } = await sendTrace(httpPort(served), 'pinned', 3);
    await sendTrace(httpPort(served), 'cleared', 5);
    await ask(served, 'trace.pin', { traceId, pinned: true });
    await ask(served, 'clear', { signal: 'all' });
    const { kept } = (await statusOf(served)).signals.spans;
    await sendTrace(httpPort(served), 'after', 2);
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('restored');
    expect(kept).toBe(3);
    expect((await statusOf(served)).signals.spans.kept).toBe(5);
  });

  it('nothing comes back without a journal', async () => {
    const served = await workspace.start('--no-journal');
    await sendTrace(httpPort(served), 'before');
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('runs again');
    expect(served.run.err).toContain('What it held is lost');
    expect((await statusOf(served)).journal).toMatchObject({ state: 'off', restored: null });
    expect(await readdir(join(workspace.folder, 'state'))).not.toContain('journal');
  });
});

describe('a clean exit', () => {
  it('removes the journal', async () => {
    const served = await workspace.start();
    await sendTrace(httpPort(served), 'one');
    expect((await stat(await onlyJournal(workspace))).mode & 0o777).toBe(0o700);
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });
});
