/** Many clients of the live protocol at once, some of which misbehave: the others are served. */
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { LiveClient } from '../../proto/live/client.ts';
import { PROTOCOL_VERSION } from '../../proto/live/protocol.ts';
import { NO_FILTER, type StatusMeta } from '../../proto/live/topics.ts';
import { joinSocket, MAX_UNREAD_BYTES } from '../../electron/node/server/live-socket.ts';
import { openLiveClient, openLiveSocket } from '../support/live-socket.ts';
import { sendTrace } from '../support/send.ts';
import { openWorkspace, type Served, type Workspace } from '../support/serve-inline.ts';

const WINDOW = { filter: NO_FILTER, anchor: null, first: 0, count: 50 };

let workspace: Workspace;
let served: Served;
beforeEach(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
});
afterEach(() => workspace.close());

const httpPort = (): number => Number(new URL(served.instance.otlpHttp).port);

/** A client that watches the status, and the spans it has seen so far. */
class Watcher {
  readonly client: LiveClient;
  spans = 0;
  #note = (): void => undefined;

  constructor(client: LiveClient) {
    this.client = client;
    client.subscribe('traces', WINDOW, { frame: () => undefined });
    client.subscribe(
      'status',
      {},
      {
        frame: ({ meta }) => {
          this.spans = meta.signals.spans.kept;
          this.#note();
        },
      },
    );
  }

  sees(spans: number): Promise<void> {
    return new Promise((resolve) => {
      this.#note = () => {
        if (this.spans === spans) resolve();
      };
      this.#note();
    });
  }
}

/** Opens a socket that says hello; what it does then is the test's business. */
async function openRaw(...messages: object[]): Promise<WebSocket> {
  const socket = openLiveSocket(served.instance);
  await new Promise((resolve) => socket.once('open', resolve));
  const hello = { type: 'hello', version: PROTOCOL_VERSION, client: 'raw' };
  for (const message of [hello, ...messages]) socket.send(JSON.stringify(message));
  return socket;
}

const statusOf = (): Promise<StatusMeta> => {
  const client = openLiveClient(served.instance);
  return client.request('status.get', {}).finally(() => {
    client.close();
  });
};

describe('fifty clients', () => {
  it('see everything that arrives, and leave nothing behind', async () => {
    const watchers = Array.from({ length: 50 }, () => new Watcher(openLiveClient(served.instance)));
    for (let batch = 1; batch <= 10; batch++) await sendTrace(httpPort(), `batch ${batch}`, 4);
    await Promise.all(watchers.map((watcher) => watcher.sees(40)));
    for (const { client } of watchers) client.close();
    await sendTrace(httpPort(), 'after', 2);
    expect((await statusOf()).signals.spans.kept).toBe(42);
  });

  it('lose their connection to a crash, and find the engine again with what it held', async () => {
    const watchers = Array.from({ length: 50 }, () => new Watcher(openLiveClient(served.instance)));
    await sendTrace(httpPort(), 'before', 3);
    await Promise.all(watchers.map((watcher) => watcher.sees(3)));
    const [{ engineId }, ...ids] = await Promise.all(watchers.map(({ client }) => client.welcome));
    expect(new Set(ids.map((welcome) => welcome.engineId))).toEqual(new Set([engineId]));
    const closed = watchers.map(
      ({ client }) =>
        new Promise<void>((resolve) => {
          client.onClose(() => {
            resolve();
          });
        }),
    );
    served.spawner.crash();
    await Promise.all(closed);
    await vi.waitFor(() => expect(served.spawner.spawned).toBe(2), { timeout: 10_000 });
    const again = await vi.waitFor(
      async () => {
        const client = openLiveClient(served.instance);
        expect((await client.welcome).engineId).not.toBe(engineId);
        return client;
      },
      { timeout: 10_000 },
    );
    const others = Array.from({ length: 49 }, () => openLiveClient(served.instance));
    const back = [again, ...others].map((client) => new Watcher(client));
    await Promise.all(back.map((watcher) => watcher.sees(3)));
    await sendTrace(httpPort(), 'since', 2);
    await Promise.all(back.map((watcher) => watcher.sees(5)));
  });
});

describe('a client that never grants credit', () => {
  it('is sent no frame, and the others see everything', async () => {
    const frames: Buffer[] = [];
    const silent = await Promise.all(
      Array.from({ length: 10 }, () =>
        openRaw(
          { type: 'subscribe', sub: 1, topic: 'traces', params: WINDOW },
          { type: 'subscribe', sub: 2, topic: 'status', params: {} },
        ),
      ),
    );
    for (const socket of silent) {
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) frames.push(data);
      });
    }
    const watcher = new Watcher(openLiveClient(served.instance));
    for (let batch = 1; batch <= 20; batch++) await sendTrace(httpPort(), `batch ${batch}`, 5);
    await watcher.sees(100);
    expect(frames).toEqual([]);
    // The newest state alone waits for it: one credit, one frame, with everything.
    const first = new Promise((resolve) => silent[0].once('message', resolve));
    silent[0].send(JSON.stringify({ type: 'credit', frames: 1 }));
    await first;
    for (const socket of silent) socket.terminate();
  });
});

describe('a client that does not read', () => {
  it('is not read from either, and goes on when it reads', async () => {
    const socket = await openRaw();
    // `ws` keeps the socket to itself; a page that hangs stops reading just so.
    const tcp = Reflect.get(socket, '_socket') as Socket;
    tcp.pause();
    await sendTrace(httpPort(), 'a trace', 1000);
    const { traces } = await openLiveClient(served.instance).request('traces.list', {
      ...{ filter: NO_FILTER, limit: 1, cursor: '' },
    });
    const [{ traceId = '' } = {}] = traces;
    // Each answer is a third of a megabyte: the whole trace.
    const questions = 200;
    for (let id = 1; id <= questions; id++) {
      socket.send(
        JSON.stringify({ type: 'request', id, method: 'trace.json', params: { traceId } }),
      );
    }
    const watcher = new Watcher(openLiveClient(served.instance));
    await sendTrace(httpPort(), 'meanwhile', 2);
    await watcher.sees(1002);
    let answers = 0;
    const all = new Promise<void>((resolve) => {
      socket.on('message', () => {
        if (++answers === questions + 1) resolve(); // With the welcome.
      });
    });
    tcp.resume();
    await all;
    socket.terminate();
  });

  it('makes no more wait than the limit and what was asked before', () => {
    const sent: number[] = [];
    let isPaused = false;
    const handlers = new Map<string, (...args: never[]) => void>();
    const socket = {
      on: (event: string, handler: (...args: never[]) => void) => handlers.set(event, handler),
      send: (message: string, done: () => void) => {
        sent.push(message.length);
        dones.push(done);
      },
      pause: () => (isPaused = true),
      resume: () => (isPaused = false),
      get isPaused() {
        return isPaused;
      },
      get bufferedAmount() {
        return sent.reduce((sum, bytes) => sum + bytes, 0);
      },
    };
    const dones: (() => void)[] = [];
    let deliver: (message: string) => void = () => undefined;
    joinSocket(socket as unknown as WebSocket, {
      ...{ bufferedBytes: 0, send: () => undefined, close: () => undefined },
      onMessage: (handler) => (deliver = handler),
      onClose: () => undefined,
    });
    const message = 'x'.repeat(MAX_UNREAD_BYTES / 4);
    for (let count = 1; count <= 4; count++) deliver(message);
    expect(isPaused).toBe(false);
    deliver(message);
    expect(isPaused).toBe(true);
    sent.splice(0, 2);
    dones.shift()?.();
    expect(isPaused).toBe(true);
    sent.splice(0, 2);
    dones.shift()?.();
    expect(isPaused).toBe(false);
  });
});

describe('a wall clock that jumps', () => {
  const HOUR_MS = 3_600_000;
  const real = Date.now.bind(Date);

  it.each([
    ['back', -HOUR_MS],
    ['ahead', HOUR_MS],
  ])('an hour %s while serving loses, hides and evicts nothing', async (_where, offsetMs) => {
    const watcher = new Watcher(openLiveClient(served.instance));
    await sendTrace(httpPort(), 'before', 3);
    await watcher.sees(3);
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() + offsetMs);
    try {
      await sendTrace(httpPort(), 'after the jump', 4);
      await watcher.sees(7);
      clock.mockRestore();
      await sendTrace(httpPort(), 'back again', 5);
      await watcher.sees(12);
    } finally {
      clock.mockRestore();
    }
    const { signals, rates, oldestMs } = await statusOf();
    expect(signals.spans).toMatchObject({ received: 12, kept: 12, evicted: 0 });
    expect(rates.spans).toBeGreaterThanOrEqual(0);
    expect(oldestMs).not.toBeNull();
    const { traces } = await watcher.client.request('traces.list', {
      ...{ filter: NO_FILTER, limit: 10, cursor: '' },
    });
    expect(traces.map(({ rootName }) => rootName).sort()).toEqual([
      'after the jump',
      'back again',
      'before',
    ]);
  });

  it('back an hour does not change what a crash brings back', async () => {
    await sendTrace(httpPort(), 'before', 3);
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => real() - HOUR_MS);
    try {
      await sendTrace(httpPort(), 'after the jump', 4);
      served.spawner.crash();
      const spans = await vi.waitFor(
        async () => {
          const { signals } = await statusOf();
          expect(served.spawner.spawned).toBe(2);
          return signals.spans;
        },
        { timeout: 10_000 },
      );
      expect(spans).toMatchObject({ received: 7, kept: 7 });
    } finally {
      clock.mockRestore();
    }
  });
});
