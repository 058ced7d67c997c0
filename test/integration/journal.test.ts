/** What becomes of a capture after a crash, as the command line, the page and the disk see it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MethodName, Methods } from '../../proto/live/methods.ts';
import type { Mark, StatusMeta } from '../../proto/live/topics.ts';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { openJournalFolder } from '../../electron/node/host/journal-folder.ts';
import { openLiveClient } from '../support/live-socket.ts';
import { sendTrace } from '../support/send.ts';
import { openWorkspace, type Served, type Workspace } from '../support/serve-inline.ts';
import { spanBody } from '../support/span-bodies.ts';

let workspace: Workspace;
let journals: string;
beforeEach(async () => {
  workspace = await openWorkspace();
  journals = join(workspace.folder, 'state', 'journal');
});
afterEach(() => workspace.close());

const httpPort = ({ instance }: Served): number => Number(new URL(instance.otlpHttp).port);

/** One question to the engine, over a live connection of its own. */
async function ask<M extends MethodName>(
  { instance }: Served,
  method: M,
  params: Methods[M]['params'],
): Promise<Methods[M]['result']> {
  const client = openLiveClient(instance);
  try {
    return await client.request(method, params);
  } finally {
    client.close();
  }
}

/** The first frame of the `marks` topic. */
async function marksOf({ instance }: Served): Promise<readonly Mark[]> {
  const client = openLiveClient(instance);
  try {
    await client.welcome;
    return await new Promise((resolve) => {
      client.subscribe(
        'marks',
        {},
        {
          frame: ({ meta }) => {
            resolve(meta.marks);
          },
        },
      );
    });
  } finally {
    client.close();
  }
}

const statusOf = (served: Served): Promise<StatusMeta> => ask(served, 'status.get', {});

async function onlyJournal(): Promise<string> {
  const [name = ''] = await readdir(journals);
  return join(journals, name);
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

/** Leaves what a program that was killed leaves: the journal of a dead process, with these traces. */
async function leaveCapture(names: readonly string[], mark?: string): Promise<void> {
  const served = await workspace.start();
  if (mark !== undefined) await ask(served, 'mark.add', { label: mark });
  for (const name of names) await sendTrace(httpPort(served), name);
  const own = await onlyJournal();
  const kept = join(workspace.folder, `kept-${names[0] ?? mark ?? ''}`);
  await cp(own, kept, { recursive: true });
  await served.stop();
  await mkdir(journals, { recursive: true, mode: 0o700 });
  await rename(kept, join(journals, `${await deadPid()}-1-0badcafe`));
}

const LARGE_SPANS = 2048;

/** Sends one batch that is large in either coding, and resolves with the status of the answer. */
async function sendLarge(port: number, coding: 'identity' | 'gzip'): Promise<number> {
  const { bytes } = spanBody(LARGE_SPANS, 1);
  const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': coding },
    body: new Uint8Array(coding === 'gzip' ? gzipSync(bytes, { level: 1 }) : bytes),
  });
  return response.status;
}

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

describe('after the program was killed', () => {
  it('the next start offers the capture, and Restore takes it back', async () => {
    await leaveCapture(['one', 'two']);
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
    await leaveCapture(['one']);
    const served = await workspace.start();
    await ask(served, 'journal.restore', {});
    served.spawner.crash();
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain('5 spans restored');
    expect((await statusOf(served)).signals.spans.kept).toBe(5);
  });

  it('marks are offered with the capture, and come back beside new ones', async () => {
    await leaveCapture(['one'], 'pool-size 32');
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
      await leaveCapture(['one'], 'pool-size 32');
      const served = await workspace.start(...flags);
      expect(await marksOf(served)).toMatchObject([{ label: 'pool-size 32' }]);
      await served.stop();
      expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
    },
  );

  it('marks without telemetry are not kept', async () => {
    await leaveCapture([], 'alone');
    const served = await workspace.start();
    expect((await statusOf(served)).journal.recovery).toBeNull();
    expect(await marksOf(served)).toEqual([]);
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });

  it('Discard removes it', async () => {
    await leaveCapture(['one']);
    const served = await workspace.start();
    await ask(served, 'journal.discard', {});
    expect((await statusOf(served)).journal.recovery).toBeNull();
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });

  it('an offer that nobody answered is made again by the next start', async () => {
    await leaveCapture(['one']);
    await (await workspace.start()).stop();
    // This process still runs, so the folder it left is made that of a dead one.
    const own = await onlyJournal();
    await rename(own, join(journals, `${await deadPid()}-1-0badcafe`));
    const served = await workspace.start();
    expect((await statusOf(served)).journal.recovery).not.toBeNull();
  });

  it('--restore takes it back without asking, before anything new arrives', async () => {
    await leaveCapture(['one', 'two']);
    const served = await workspace.start('--restore');
    expect((await statusOf(served)).signals.spans.kept).toBe(10);
    await expect.poll(() => served.run.out).toContain('"event":"restored","spans":10');
    expect((await statusOf(served)).journal.recovery).toBeNull();
  });

  it('--restore works without a journal of its own, and leaves nothing behind', async () => {
    await leaveCapture(['one']);
    const served = await workspace.start('--restore', '--no-journal');
    expect((await statusOf(served)).signals.spans.kept).toBe(5);
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });

  it('a journal that ended the engine when it was read is offered instead of read again', async () => {
    await leaveCapture(['one']);
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

describe('a clean exit', () => {
  it('removes the journal', async () => {
    const served = await workspace.start();
    await sendTrace(httpPort(served), 'one');
    expect((await stat(await onlyJournal())).mode & 0o777).toBe(0o700);
    await served.stop();
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });
});

describe('a full disk', () => {
  it('turns the journal off with a warning, and what arrives is still taken', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'write' });
    const disk: JournalDisk = {
      ...NODE_DISK,
      write: (file, chunks, position) => {
        // Room for the first bytes of a segment, and for no record.
        if (chunks.length > 1) throw full;
        NODE_DISK.write(file, chunks, position);
      },
    };
    await workspace.close();
    workspace = await openWorkspace(undefined, disk);
    const served = await workspace.start();
    expect((await statusOf(served)).journal.state).toBe('on');
    await sendTrace(httpPort(served), 'first');
    await expect
      .poll(() => served.run.err)
      .toContain('warning: The journal is off: The disk is full.');
    await sendTrace(httpPort(served), 'second');
    const { journal, signals } = await statusOf(served);
    expect(signals.spans.kept).toBe(10);
    expect(journal).toMatchObject({
      state: 'failed',
      message:
        'The journal is off: The disk is full. What arrives from now on does not survive a crash.',
    });
    expect((await served.stop()).exitCode).toBe(0);
    expect(await readdir(join(workspace.folder, 'state'))).toEqual([]);
  });
});

describe('the answer to a batch that is written behind', () => {
  it.each(['identity', 'gzip'] as const)('is sent when it is on file (%s)', async (coding) => {
    const held: (() => void)[] = [];
    const disk: JournalDisk = {
      ...NODE_DISK,
      writeLater: (...write) => held.push(() => NODE_DISK.writeLater(...write)),
    };
    await workspace.close();
    workspace = await openWorkspace(undefined, disk);
    const served = await workspace.start();
    await sendTrace(httpPort(served), 'of another sender');
    let isAnswered = false;
    const answer = sendLarge(httpPort(served), coding).then((status) => {
      isAnswered = true;
      return status;
    });
    await expect.poll(() => held.length).toBe(1);
    // The rows are there, and the program answers others meanwhile.
    expect((await statusOf(served)).signals.spans.kept).toBe(5 + LARGE_SPANS);
    expect(isAnswered).toBe(false);
    held[0]?.();
    expect(await answer).toBe(200);
    served.spawner.crash();
    const restored = `${5 + LARGE_SPANS} spans restored`;
    await expect.poll(() => served.run.err, { timeout: 5000 }).toContain(restored);
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
    await leaveCapture(['one']);
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
    expect(await readdir(join(await onlyJournal(), 'recovery'))).toEqual([segment(2), segment(3)]);
  });
});
