/**
 * An engine whose thread is stuck, with the built engine in a worker of its own: its ports and sockets
 * stay open, so only the heartbeat tells. The thread is really blocked, and let go by the test.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ExportRequest } from '../../electron/node/host/control.ts';
import { startEngine, type EngineHost } from '../../electron/node/host/engine-host.ts';
import { workerSpawner } from '../../electron/node/host/worker-spawn.ts';
import { toApiError } from '../../electron/node/server/api-error.ts';
import { EngineClient } from '../../electron/node/server/engine-client.ts';
import { UiServer } from '../../electron/node/server/ui-server.ts';
import { openLiveClient } from '../support/live-socket.ts';
import { sendTrace } from '../support/send.ts';

const ENGINE = fileURLToPath(new URL('../../dist/engine.js', import.meta.url));
const TOKEN = 'a-token-of-the-tests';

/** The built engine, which blocks its thread on a cell of shared memory when it is told to. */
const entryOf = (channel: string): string => `
  import ${JSON.stringify(pathToFileURL(ENGINE).href)};
  import { BroadcastChannel } from 'node:worker_threads';
  const orders = new BroadcastChannel(${JSON.stringify(channel)});
  orders.onmessage = ({ data }) => {
    Atomics.store(data, 0, 1);
    Atomics.wait(data, 0, 1);
  };
  orders.unref();
`;

let folder: string;
let host: EngineHost;
let server: UiServer;
let orders: BroadcastChannel;
const cell = new Int32Array(new SharedArrayBuffer(4));

beforeEach(async () => {
  if (!existsSync(ENGINE)) throw new Error('There is no build: run `npm run build` first.');
  folder = await mkdtemp(join(tmpdir(), 'flametail-frozen-'));
  const entry = join(folder, 'engine.mjs');
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(entry, entryOf(folder));
  orders = new BroadcastChannel(folder);
  host = await startEngine(workerSpawner(pathToFileURL(entry)), {
    version: '1',
    memoryBytes: 64 << 20,
    httpPort: 0,
    grpcPort: 0,
    hosts: ['127.0.0.1'],
    requirePorts: true,
  });
  const hosts = ['127.0.0.1'];
  server = await UiServer.listen({
    token: TOKEN,
    port: 0,
    hosts,
    version: '1',
    pageFolder: folder,
  });
  server.serve(host);
});
afterEach(async () => {
  thaw();
  orders.close();
  await server.close();
  await host.stop();
  await rm(folder, { recursive: true, force: true });
});

async function freeze(): Promise<void> {
  orders.postMessage(cell);
  await expect.poll(() => Atomics.load(cell, 0)).toBe(1);
}

function thaw(): void {
  Atomics.store(cell, 0, 0);
  Atomics.notify(cell, 0);
}

it('reads as silent while its thread is stuck, and as live again when it goes on', async () => {
  let noteSilence: (isSilent: boolean) => void = () => undefined;
  const until = (wanted: boolean): Promise<void> =>
    new Promise((resolve) => {
      noteSilence = (isSilent) => {
        if (isSilent === wanted) resolve();
      };
    });
  const client = openLiveClient(
    { ui: server.url, token: TOKEN },
    {
      name: 'test',
      heartbeat: {
        after: (delayMs, task) => {
          const timer = setTimeout(task, delayMs);
          return () => {
            clearTimeout(timer);
          };
        },
        onSilence: (isSilent) => {
          noteSilence(isSilent);
        },
        pingAfterMs: 50,
        pongWithinMs: 200,
      },
    },
  );
  const { engineId } = await client.welcome;
  const httpPort = host.receivers.find(({ protocol }) => protocol === 'http')?.port ?? 0;
  let spans = 0;
  let noteSpans = (): void => undefined;
  client.subscribe(
    'status',
    {},
    {
      frame: ({ meta }) => {
        spans = meta.signals.spans.kept;
        noteSpans();
      },
    },
  );
  client.watch(true);

  const silent = until(true);
  await freeze();
  await silent;
  // The server of the page has a thread of its own: it says what it can.
  const health = await fetch(`http://127.0.0.1:${server.port}/healthz`);
  expect(health.status).toBe(200);
  const sent = sendTrace(httpPort, 'while it was stuck', 3);
  const heard = until(false);
  thaw();
  await heard;
  await sent;
  await new Promise<void>((resolve) => {
    noteSpans = () => {
      if (spans === 3) resolve();
    };
    noteSpans();
  });
  expect([host.engineId, host.isRunning]).toEqual([engineId, true]);
  client.close();
});

it('fails calls of the API while its thread is stuck, and answers them again when it goes on', async () => {
  const client = new EngineClient(host, 100);
  const before = await client.live.request('status.get', {});
  await freeze();
  const calls = [
    client.live.request('status.get', {}),
    client.live.request('traces.list', {
      filter: { text: '', services: [], notServices: [] },
      limit: 5,
      cursor: '',
    }),
    client.sources(),
  ];
  for (const call of await Promise.allSettled(calls)) {
    const error = call.status === 'rejected' ? toApiError(call.reason) : undefined;
    expect(error).toMatchObject({ status: 503, code: 'busy' });
    expect(error?.message).toContain('does not answer');
  }
  thaw();
  await expect
    .poll(() => client.live.request('status.get', {}).catch(() => null), { timeout: 5000 })
    .toMatchObject({ version: before.version });
  client.close();
});

const EXPORT: ExportRequest = {
  format: 'otlp.jsonl',
  gzip: false,
  selection: { type: 'all', signals: ['traces'] },
};

it('fails exports and imports while its thread is stuck, and takes them again when it goes on', async () => {
  const client = new EngineClient(host, 100);
  const read = async (signal: AbortSignal): Promise<number> => {
    let bytes = 0;
    for await (const chunk of host.export(EXPORT, 'all', signal)) bytes += chunk.length;
    return bytes;
  };
  const line = Buffer.from('{"resourceSpans":[]}\n');
  async function* file(): AsyncGenerator<Uint8Array> {
    yield line;
    await Promise.resolve();
  }
  /** A sender that says nothing more. */
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield line;
    await new Promise(() => undefined);
  }
  await freeze();
  const calls = [
    client.guarded(read),
    client.guarded((signal) => host.import('a file', 0, file(), signal)),
    client.guarded((signal) => host.import('half a file', 0, silent(), signal)),
  ];
  for (const call of await Promise.allSettled(calls)) {
    const error = call.status === 'rejected' ? toApiError(call.reason) : undefined;
    expect(error).toMatchObject({ status: 503, code: 'busy' });
  }
  thaw();
  await expect
    .poll(() => client.guarded(read).catch(() => -1), { timeout: 10_000 })
    .toBeGreaterThanOrEqual(0);
  // Polled too: on a busy machine the engine may be late again.
  const again = async (): Promise<number> => {
    const work = (signal: AbortSignal) => host.import('again', 0, file(), signal);
    return (await client.guarded(work)).imported.spans;
  };
  await expect.poll(() => again().catch(() => -1), { timeout: 10_000 }).toBe(0);
  client.close();
});
