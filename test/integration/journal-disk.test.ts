/** The journal and the disk below a program: full, and slower than the senders. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { NODE_DISK, type JournalDisk } from '../../electron/node/capture/journal-disk.ts';
import { sendTrace } from '../support/send.ts';
import { openWorkspace, type Workspace } from '../support/serve-inline.ts';
import { spanBody } from '../support/span-bodies.ts';
import { httpPort, statusOf } from './journal-support.ts';

let workspace: Workspace;
afterEach(() => workspace.close());

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
