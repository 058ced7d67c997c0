import { describe, expect, test } from 'vitest';
import type { Engine } from '../../electron/engine/engine.ts';
import { Marks } from '../../electron/engine/live/marks.ts';
import { CONFIRM_MS, REGRET_MS } from '../../electron/engine/store/processes.ts';
import type { LiveClient } from '../../proto/live/client.ts';
import { MAX_MARK_LABEL, MAX_MARKS, type Mark, type MarksMeta } from '../../proto/live/topics.ts';
import { connectClient, createEngine, ManualTime, settle } from '../support/live-engine.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';

function watch(client: LiveClient): { readonly metas: MarksMeta[] } {
  const metas: MarksMeta[] = [];
  client.subscribe('marks', {}, { frame: ({ meta }) => metas.push(meta) });
  return { metas };
}

async function open(): Promise<
  ReturnType<typeof createEngine> & { client: LiveClient; metas: MarksMeta[] }
> {
  const test = createEngine();
  const client = connectClient(test.engine);
  await client.welcome;
  const { metas } = watch(client);
  await settle();
  return { ...test, client, metas };
}

const labels = (meta: MarksMeta | undefined): string[] =>
  (meta?.marks ?? []).map(({ label }) => label);

test('a mark without a name and a time is numbered and stands at this moment', async () => {
  const { client, time } = await open();
  time.advance(1500);
  expect(await client.request('mark.add', {})).toMatchObject({
    label: 'Mark 1',
    kind: 'manual',
    timeUnixNano: String(BigInt(ManualTime.startMs + 1500) * 1_000_000n),
  });
  expect(await client.request('mark.add', {})).toMatchObject({ label: 'Mark 2' });
});

test('a client that watches sees every change', async () => {
  const { client, metas, time } = await open();
  expect(labels(metas.at(-1))).toEqual([]);
  const { id } = await client.request('mark.add', { label: 'pool-size 32' });
  time.advance(50);
  await settle();
  expect(labels(metas.at(-1))).toEqual(['pool-size 32']);
  await client.request('mark.rename', { id, label: ' pool-size 64 ' });
  time.advance(50);
  await settle();
  expect(labels(metas.at(-1))).toEqual(['pool-size 64']);
  await client.request('mark.remove', { id });
  time.advance(50);
  await settle();
  expect(labels(metas.at(-1))).toEqual([]);
});

test('a removed mark comes back under its id', async () => {
  const { client } = await open();
  const mark = await client.request('mark.add', { label: 'before' });
  await client.request('mark.remove', { id: mark.id });
  expect(await client.request('mark.restore', { id: mark.id })).toEqual(mark);
});

test('marks stand in the order of their time, whatever the order they come in', async () => {
  const { client, metas, time } = await open();
  await client.request('mark.add', { label: 'late', timeUnixNano: '1700000000000000002' });
  await client.request('mark.add', { label: 'early', timeUnixNano: '999' });
  await client.request('mark.add', { label: 'middle', timeUnixNano: '1700000000000000001' });
  time.advance(50);
  await settle();
  expect(labels(metas.at(-1))).toEqual(['early', 'middle', 'late']);
});

test('marks of one moment have ids of their own', async () => {
  const { client } = await open();
  const marks: Mark[] = [];
  for (let i = 0; i < 3; i++) marks.push(await client.request('mark.add', {}));
  expect(new Set(marks.map(({ id }) => id)).size).toBe(3);
});

test('the oldest mark gives way when there are too many, and is counted', async () => {
  const { client, metas, time } = await open();
  for (let i = 0; i <= MAX_MARKS; i++) {
    await client.request('mark.add', { label: `m${i}`, timeUnixNano: String(1000 + i) });
  }
  time.advance(50);
  await settle();
  expect(metas.at(-1)?.dropped).toBe(1);
  expect(labels(metas.at(-1))).toHaveLength(MAX_MARKS);
  expect(labels(metas.at(-1))[0]).toBe('m1');
});

test('a long name is refused', async () => {
  const { client } = await open();
  const label = 'x'.repeat(MAX_MARK_LABEL + 1);
  await expect(client.request('mark.add', { label })).rejects.toMatchObject({ code: 'badParams' });
});

test.each(['', '   '])('the name "%s" is refused', async (label) => {
  const { client } = await open();
  const { id } = await client.request('mark.add', {});
  await expect(client.request('mark.rename', { id, label })).rejects.toMatchObject({
    code: 'badParams',
  });
});

test('what is done to a mark that is not there fails with notFound', async () => {
  const { client } = await open();
  const wrong = { code: 'notFound' };
  await expect(client.request('mark.rename', { id: 'm', label: 'x' })).rejects.toMatchObject(wrong);
  await expect(client.request('mark.remove', { id: 'm' })).rejects.toMatchObject(wrong);
  await expect(client.request('mark.restore', { id: 'm' })).rejects.toMatchObject(wrong);
});

test('clear of everything takes the marks away, clear of one signal does not', async () => {
  const { client, metas, time } = await open();
  await client.request('mark.add', { label: 'kept' });
  await client.request('clear', { signal: 'traces' });
  time.advance(50);
  await settle();
  expect(labels(metas.at(-1))).toEqual(['kept']);
  await client.request('clear', { signal: 'all' });
  time.advance(50);
  await settle();
  expect(labels(metas.at(-1))).toEqual([]);
});

describe('a process that takes the place of another', () => {
  const sendAs = (engine: Engine, id: number, pid: number): void => {
    const bytes = encodeRequest('logs', {
      resourceLogs: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: 'checkout' } },
              { key: 'process.pid', value: { intValue: pid } },
            ],
          },
          scopeLogs: [{ logRecords: [{ timeUnixNano: id, body: { stringValue: `${id}` } }] }],
        },
      ],
    });
    engine.ingest('logs', [bytes], bytes.byteLength, 'protobuf');
  };

  test('gets a mark at its first items, once the other stays silent', async () => {
    const { engine, client, metas, time } = await open();
    sendAs(engine, 1, 100);
    time.advance(5_000);
    sendAs(engine, 2, 200);
    time.advance(CONFIRM_MS - 1_000);
    await settle();
    expect(metas.at(-1)?.marks).toEqual([]);
    time.advance(2_000);
    await settle();
    expect(metas.at(-1)?.marks).toEqual([
      {
        id: expect.any(String),
        kind: 'restart',
        label: 'checkout restarted',
        service: 'checkout',
        instance: 'pid 200',
        timeUnixNano: String(BigInt(ManualTime.startMs + 5_000) * 1_000_000n),
      },
    ]);
    expect(await client.request('mark.add', {})).toMatchObject({ label: 'Mark 1' });
  });

  test('loses its mark when the other speaks again', async () => {
    const { engine, metas, time } = await open();
    sendAs(engine, 1, 100);
    time.advance(1_000);
    sendAs(engine, 2, 200);
    time.advance(CONFIRM_MS + 1_000);
    await settle();
    expect(labels(metas.at(-1))).toEqual(['checkout restarted']);
    sendAs(engine, 3, 100);
    time.advance(1_050);
    await settle();
    expect(labels(metas.at(-1))).toEqual([]);
  });

  test('keeps a mark that a person gave another name', async () => {
    const { engine, client, metas, time } = await open();
    sendAs(engine, 1, 100);
    time.advance(1_000);
    sendAs(engine, 2, 200);
    time.advance(CONFIRM_MS + 1_000);
    await settle();
    const id = metas.at(-1)?.marks[0]?.id ?? '';
    await client.request('mark.rename', { id, label: 'new pool' });
    sendAs(engine, 3, 100);
    time.advance(1_050);
    await settle();
    expect(labels(metas.at(-1))).toEqual(['new pool']);
  });

  test('gets no mark when it was read from a file', async () => {
    const { engine, metas, time } = await open();
    engine.ofThePast('nothing', () => {
      sendAs(engine, 1, 100);
      sendAs(engine, 2, 200);
    });
    time.advance(CONFIRM_MS * 2);
    await settle();
    expect(metas.at(-1)?.marks).toEqual([]);
  });

  test('leaves no timer behind when nothing is unclear', async () => {
    const { engine, time } = await open();
    sendAs(engine, 1, 100);
    time.advance(5_000);
    sendAs(engine, 2, 200);
    time.advance(CONFIRM_MS + REGRET_MS + 2_000);
    await settle();
    expect(time.timerCount).toBe(0);
  });
});

test('automatic marks give way before those of a person', async () => {
  const all: Mark[][] = [];
  const marks = new Marks({ nowMs: () => 0, ticksMs: () => 0 }, (next) => all.push([...next]));
  marks.add({ kind: 'manual', label: 'mine', timeUnixNano: '1' });
  for (let i = 0; i < MAX_MARKS; i++) {
    marks.add({ kind: 'restart', label: `r${i}`, timeUnixNano: String(10 + i) });
  }
  expect(marks.all).toHaveLength(MAX_MARKS);
  expect(marks.all.slice(0, 2).map(({ label }) => label)).toEqual(['mine', 'r1']);
  expect(marks.dropped).toBe(1);
});

test('marks of an earlier run come in once, and numbers go on behind them', () => {
  const marks = new Marks({ nowMs: () => 0, ticksMs: () => 0 }, () => undefined);
  const earlier: Mark = { id: 'm1', kind: 'manual', label: 'Mark 7', timeUnixNano: '5' };
  marks.take([earlier]);
  marks.take([earlier]);
  expect(marks.all).toEqual([earlier]);
  expect(marks.add({ kind: 'manual' }).label).toBe('Mark 8');
});
