import { describe, expect, it } from 'vitest';
import {
  connectClient,
  createEngine,
  sendSpans,
  settle,
  spanIdOf,
  traceIdOf,
} from '../support/live-engine.ts';

function engineWithTrace() {
  const { engine } = createEngine();
  sendSpans(engine, [
    { trace: 1, id: 1, name: 'GET /cart', service: 'web', end: 90 },
    { trace: 1, id: 2, parent: 1, name: 'read', service: 'cart', end: 40, isError: true },
    { trace: 1, id: 3, parent: 1, name: 'read', service: 'db', end: 20 },
    { trace: 2, id: 4, name: 'read', service: 'db' },
  ]);
  return connectClient(engine);
}

describe('trace.find', () => {
  it('finds the spans of one trace that a query matches', async () => {
    const client = engineWithTrace();
    await settle();
    const find = (text: string) => client.request('trace.find', { traceId: traceIdOf(1), text });
    expect(await find('name:read')).toEqual({ count: 2, spanIds: spanIdOf(2) + spanIdOf(3) });
    expect(await find('status:error')).toEqual({ count: 1, spanIds: spanIdOf(2) });
    expect(await find('service:web')).toEqual({ count: 1, spanIds: spanIdOf(1) });
    expect(await find('read')).toEqual({ count: 2, spanIds: spanIdOf(2) + spanIdOf(3) });
    expect(await find('nothing-like-this')).toEqual({ count: 0, spanIds: '' });
  });

  it('says where a query is wrong', async () => {
    const client = engineWithTrace();
    await settle();
    const wrong = client.request('trace.find', { traceId: traceIdOf(1), text: 'duration>x' });
    await expect(wrong).rejects.toMatchObject({ code: 'badParams', from: 9, to: 10 });
  });

  it('does not know a trace that is not in memory', async () => {
    const client = engineWithTrace();
    await settle();
    const absent = client.request('trace.find', { traceId: traceIdOf(9), text: 'read' });
    await expect(absent).rejects.toMatchObject({ code: 'notFound' });
  });
});

describe('trace.events', () => {
  it('leaves out spans that are not in memory', async () => {
    const client = engineWithTrace();
    await settle();
    const spanIds = [spanIdOf(1), spanIdOf(77)];
    const { spans } = await client.request('trace.events', { traceId: traceIdOf(1), spanIds });
    expect(spans).toEqual([{ spanId: spanIdOf(1), events: [] }]);
  });

  it('refuses what is no span id', async () => {
    const client = engineWithTrace();
    await settle();
    const wrong = client.request('trace.events', { traceId: traceIdOf(1), spanIds: ['x'] });
    await expect(wrong).rejects.toMatchObject({ code: 'badParams' });
  });
});
