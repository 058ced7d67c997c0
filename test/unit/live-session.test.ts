import { describe, expect, it } from 'vitest';
import type { RequestNote } from '../../electron/engine/engine.ts';
import { decodeFrame } from '../../proto/live/frame.ts';
import { memoryChannelPair } from '../../proto/live/memory-channel.ts';
import { LiveClient } from '../../proto/live/client.ts';
import { MAX_CREDIT, PROTOCOL_VERSION } from '../../proto/live/protocol.ts';
import { NO_FILTER, type TracesMeta } from '../../proto/live/topics.ts';
import {
  connectClient,
  connectRaw,
  createEngine,
  filterOf,
  sendSpans,
  settle,
  TEST_HOST,
  traceIdOf,
} from '../support/live-engine.ts';

const HELLO = JSON.stringify({ type: 'hello', version: PROTOCOL_VERSION, client: 'raw' });
const WINDOW = { filter: NO_FILTER, anchor: null, first: 0, count: 50 };

function text(received: readonly (string | Uint8Array)[]): Record<string, unknown>[] {
  return received
    .filter((message) => typeof message === 'string')
    .map((message) => JSON.parse(message) as Record<string, unknown>);
}

function frames(received: readonly (string | Uint8Array)[]): ReturnType<typeof decodeFrame>[] {
  return received.filter((message) => typeof message !== 'string').map(decodeFrame);
}

describe('live session', () => {
  it('welcomes a client of its version', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    expect(await client.welcome).toEqual({
      type: 'welcome',
      version: PROTOCOL_VERSION,
      engineId: 'test-engine',
      product: '0.0.0-test',
    });
  });

  it('says goodbye to another version and to who does not say hello first', async () => {
    for (const first of [
      { type: 'hello', version: PROTOCOL_VERSION + 1, client: 'new' },
      { type: 'request', id: 1, method: 'status.get', params: {} },
    ]) {
      const { engine } = createEngine();
      const { channel, received } = connectRaw(engine);
      let closed = '';
      channel.onClose((reason) => (closed = reason));
      channel.send(JSON.stringify(first));
      await settle();
      expect(closed).toContain('protocol version');
      expect(text(received).every(({ type }) => type === 'goodbye')).toBe(true);
    }
  });

  it('answers requests, each by its id', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    const [status, sent] = await Promise.all([
      client.request('status.get', {}),
      client.request('testTrace.send', {}),
    ]);
    expect(status.version).toBe('0.0.0-test');
    expect(sent.traceId).toBe(traceIdOf(1));
  });

  it('turns failures into their codes', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    const codeOf = async (request: Promise<unknown>): Promise<unknown> =>
      request.catch((error: unknown) => (error as { code: unknown }).code);
    expect(await codeOf(client.request('operation.dismiss', { id: 1 }))).toBe('failed');
    expect(await codeOf(client.request('trace.json', { traceId: traceIdOf(9) }))).toBe('notFound');
    expect(await codeOf(client.request('trace.json', { traceId: 'zz' }))).toBe('badParams');
    expect(await codeOf(client.request('log.get', { row: 3 }))).toBe('notFound');
    expect(await codeOf(client.request('nothing.here' as 'status.get', {}))).toBe('unknownMethod');
    expect(await codeOf(client.request('toString' as 'status.get', {}))).toBe('unknownMethod');
  });

  it('stops a sliced search when its request is cancelled', async () => {
    const { engine, time } = createEngine();
    for (let trace = 1; trace <= 300; trace++) {
      sendSpans(engine, [{ trace, id: 1 }]);
    }
    time.tickCostMs = 10;
    const client = connectClient(engine);
    const abort = new AbortController();
    const params = { filter: filterOf('span'), limit: 10, cursor: '' };
    const request = client.request('traces.list', params, abort.signal);
    await settle();
    abort.abort();
    await expect(request).rejects.toMatchObject({ code: 'cancelled' });
    await settle();
    time.runSoon();
    expect(time.runSoon()).toBe(false);
  });

  it('survives hostile messages and goes on', async () => {
    const { engine } = createEngine();
    const { channel, received } = connectRaw(engine);
    channel.send(HELLO);
    const hostile: unknown[] = [
      null,
      [],
      1,
      {},
      { type: 'request' },
      { type: 'request', id: 'x', method: 'status.get' },
      { type: 'request', id: 1, method: '__proto__', params: {} },
      { type: 'request', id: 2, method: 'span.get', params: { traceId: {}, spanId: [] } },
      { type: 'request', id: 3, method: 'status.get', params: null },
      { type: 'subscribe', sub: -1, topic: 'status', params: {} },
      { type: 'subscribe', sub: 7, topic: 'constructor', params: {} },
      { type: 'subscribe', sub: 8, topic: 'traces', params: { filter: { text: 1 } } },
      { type: 'subscribe', sub: 9, topic: 'logs', params: [] },
      { type: 'update', sub: 1e99, params: {} },
      { type: 'resync', sub: null },
      { type: 'credit', frames: -5 },
      { type: 'credit', frames: 'many' },
      { type: 'cancel', id: {} },
      { type: 'hello', version: PROTOCOL_VERSION, client: 'again' },
    ];
    for (const message of hostile) channel.send(JSON.stringify(message));
    channel.send('{"type":');
    channel.send(new Uint8Array([1, 2, 3]));
    channel.send(`"${'x'.repeat(1 << 20)}"`);
    channel.send(JSON.stringify({ type: 'request', id: 50, method: 'status.get', params: {} }));
    await settle();
    const answers = text(received);
    expect(answers.find(({ type, id }) => type === 'reply' && id === 50)).toBeDefined();
    expect(answers.filter(({ type }) => type === 'ended').map(({ sub }) => sub)).toEqual([7, 8, 9]);
    expect(answers.filter(({ type, id }) => type === 'failure' && id === 2)).toHaveLength(1);
    const codes = new Set(
      answers.flatMap(({ error }) => (error === undefined ? [] : (error as { code: string }).code)),
    );
    expect([...codes].sort()).toEqual(['badMessage', 'badParams', 'unknownMethod', 'unknownTopic']);
  });

  it('sends a first snapshot at once and paces what follows', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    const counts: number[] = [];
    client.subscribe('traces', WINDOW, { frame: ({ meta }) => counts.push(meta.total) });
    await settle();
    expect(counts).toEqual([0]);
    for (let trace = 1; trace <= 10; trace++) {
      sendSpans(engine, [{ trace, id: 1 }]);
      time.advance(10);
    }
    await settle();
    expect(counts).toEqual([0]);
    time.advance(250);
    await settle();
    expect(counts).toEqual([0, 10]);
  });

  it('answers an update at once', async () => {
    const { engine } = createEngine();
    sendSpans(engine, [
      { trace: 1, id: 1, name: 'apple' },
      { trace: 2, id: 1, name: 'pear' },
    ]);
    const client = connectClient(engine);
    const matched: number[] = [];
    const subscription = client.subscribe('traces', WINDOW, {
      frame: ({ meta }) => matched.push(meta.matched),
    });
    subscription.update({ ...WINDOW, filter: filterOf('pear') });
    await settle();
    expect(matched).toEqual([2, 1]);
  });

  it('without credit keeps only the newest state', async () => {
    const { engine, time } = createEngine();
    const { channel, received } = connectRaw(engine);
    channel.send(HELLO);
    channel.send(JSON.stringify({ type: 'subscribe', sub: 1, topic: 'traces', params: WINDOW }));
    await settle();
    for (let trace = 1; trace <= 20; trace++) {
      sendSpans(engine, [{ trace, id: 1 }]);
      time.advance(300);
    }
    await settle();
    expect(frames(received)).toHaveLength(0);
    expect(time.timerCount).toBe(0);
    channel.send(JSON.stringify({ type: 'credit', frames: 1 }));
    await settle();
    const [only, ...others] = frames(received);
    expect(others).toHaveLength(0);
    expect(only.seq).toBe(0);
    expect((only.meta as TracesMeta).total).toBe(20);
  });

  it('lets credit pile up to its limit only', async () => {
    const { engine, time } = createEngine();
    const { channel, received } = connectRaw(engine);
    channel.send(HELLO);
    channel.send(JSON.stringify({ type: 'credit', frames: 1e6 }));
    channel.send(JSON.stringify({ type: 'subscribe', sub: 1, topic: 'status', params: {} }));
    await settle();
    for (let trace = 1; trace <= MAX_CREDIT + 20; trace++) {
      sendSpans(engine, [{ trace, id: 1 }]);
      time.advance(600);
    }
    await settle();
    expect(frames(received)).toHaveLength(MAX_CREDIT);
  });

  it('sends nothing when nothing that is visible changed', async () => {
    const { engine, time } = createEngine();
    sendSpans(engine, [{ trace: 1, id: 1, name: 'apple' }]);
    const client = connectClient(engine);
    let count = 0;
    client.subscribe(
      'traces',
      { ...WINDOW, filter: filterOf('nothing') },
      { frame: () => count++ },
    );
    client.subscribe('trace', { traceId: traceIdOf(7) }, { frame: () => count++ });
    await settle();
    expect(count).toBe(2);
    sendSpans(engine, [{ trace: 1, id: 2 }]);
    time.advance(1000);
    await settle();
    expect(count).toBe(2);
  });

  it('answers a gap in the frames with a snapshot', async () => {
    const { engine, time } = createEngine();
    const [near, far] = memoryChannelPair();
    engine.connect(far, TEST_HOST);
    const lossy = { dropNext: false };
    const client = new LiveClient(
      {
        get bufferedBytes() {
          return near.bufferedBytes;
        },
        send: (message) => {
          near.send(message);
        },
        onClose: (handler) => {
          near.onClose(handler);
        },
        close: (reason) => {
          near.close(reason);
        },
        onMessage: (handler) => {
          near.onMessage((message) => {
            if (typeof message !== 'string' && lossy.dropNext) lossy.dropNext = false;
            else handler(message);
          });
        },
      },
      { name: 'lossy' },
    );
    const seen: string[] = [];
    client.subscribe(
      'requests',
      { limit: 10 },
      {
        frame: ({ kind, meta }) =>
          seen.push(`${kind} ${meta.entries.map(({ message }) => message).join()}`),
      },
    );
    await settle();
    for (const message of ['one', 'two', 'three']) {
      lossy.dropNext = message === 'two';
      engine.noteRequest(note(message));
      time.advance(300);
      await settle();
    }
    expect(seen).toEqual(['snapshot ', 'delta one', 'snapshot one,two,three']);
  });

  it('costs nothing once its channel is closed', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    client.subscribe('status', {}, { frame: () => undefined });
    client.subscribe('traces', WINDOW, { frame: () => undefined });
    await settle();
    sendSpans(engine, [{ trace: 1, id: 1 }]);
    expect(time.timerCount).toBeGreaterThan(0);
    client.close();
    await settle();
    expect(time.timerCount).toBe(0);
    sendSpans(engine, [{ trace: 2, id: 1 }]);
    expect(time.timerCount).toBe(0);
  });

  it('needs no timer while nothing arrives', async () => {
    const { engine, time } = createEngine();
    const client = connectClient(engine);
    const rates: number[] = [];
    client.subscribe('status', {}, { frame: ({ meta }) => rates.push(meta.rates.spans) });
    client.subscribe('traces', WINDOW, { frame: () => undefined });
    await settle();
    sendSpans(
      engine,
      Array.from({ length: 10 }, (_, i) => ({ trace: 1, id: i + 1 })),
    );
    time.advance(1000);
    await settle();
    expect(Math.max(...rates)).toBe(5);
    for (let i = 0; i < 20; i++) {
      time.advance(500);
      await settle();
    }
    expect(rates.at(-1)).toBe(0);
    expect(time.timerCount).toBe(0);
  });

  it('says goodbye to its clients when the engine closes', async () => {
    const { engine } = createEngine();
    const client = connectClient(engine);
    await client.welcome;
    let reason = '';
    client.onClose((why) => (reason = why));
    engine.close();
    await settle();
    expect(reason).toContain('stops');
  });
});

function note(message: string): RequestNote {
  return {
    timeMs: 1,
    protocol: 'http',
    label: 'OK',
    outcome: 'ok',
    message,
    bytes: 10,
    items: 1,
    userAgent: 'test',
  };
}
