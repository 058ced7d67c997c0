/** What campaigns have found, cut down. */
import { describe, expect, it } from 'vitest';
import { requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import type { Signal } from '../../proto/otlp/signal.ts';
import { createEngine } from '../support/live-engine.ts';

/** A length-delimited field of less than 128 bytes. */
const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);

const IDS = Buffer.concat([field(1, Buffer.alloc(16, 7)), field(2, Buffer.alloc(8, 7))]);
const inRequest = (item: Buffer): Buffer => field(1, field(2, field(2, item)));

describe('a tag in more bytes than it needs', () => {
  const items: readonly (readonly [Signal, number, (more: Buffer) => Buffer])[] = [
    ['traces', 2, (more) => inRequest(Buffer.concat([IDS, more]))],
    ['logs', 10, (more) => inRequest(more)],
    ['metrics', 7, (more) => inRequest(field(5, field(1, more)))],
  ];

  // Every reader has to see the same fields: a span with two ids was exported with the other one.
  it.each(items)('is refused in items of %s, with its field', (signal, number, build) => {
    for (let more = 1; more <= 6; more++) {
      const { engine } = createEngine();
      const tag = [(number << 3) | 2 | 0x80, ...Array<number>(more - 1).fill(0x80), 0];
      const body = build(Buffer.from([...tag, 3, 1, 2, 3]));
      const result = engine.ingest(signal, [body], body.length, 'protobuf');
      expect(result).toMatchObject({ ok: false, code: 'malformed' });
      const message = result.ok ? '' : result.message;
      expect(message).toContain(`the tag of field ${number} is longer than it needs to be`);
    }
  });
});

describe('a packed list whose first part is cut off', () => {
  it('is valid JSON with the values of the other parts', () => {
    // Sample.timestamps_unix_nano (5) of a profile, in three parts: nothing whole, 2 values, 1.5.
    const times = (count: number): Buffer => Buffer.alloc(Math.floor(count * 8), 1);
    const parts = [times(0.5), times(2), times(1.5)].map((part) => field(5, part));
    const sample = field(2, Buffer.concat(parts));
    const json = requestToJson('profiles', field(1, field(2, field(2, sample))));
    const text = Buffer.from(json).toString();
    const time = String(0x0101010101010101n);
    expect(JSON.parse(text)).toEqual({
      resourceProfiles: [
        {
          scopeProfiles: [
            { profiles: [{ samples: [{ timestampsUnixNano: [time, time, time] }] }] },
          ],
        },
      ],
    });
  });
});

describe('a metric with data of two kinds', () => {
  const gauge = field(5, field(1, Buffer.alloc(0)));
  const sum = field(7, field(1, Buffer.alloc(0)));

  // Both were counted, and an export in JSON held the points of one.
  it('is refused', () => {
    const { engine } = createEngine();
    const body = inRequest(Buffer.concat([gauge, sum]));
    const result = engine.ingest('metrics', [body], body.length, 'protobuf');
    expect(result).toMatchObject({ ok: false, code: 'malformed' });
    expect(engine.status().signals.dataPoints.received).toBe(0);
  });

  it('is taken when it is one kind in two parts', () => {
    const { engine } = createEngine();
    const body = inRequest(Buffer.concat([gauge, gauge]));
    expect(engine.ingest('metrics', [body], body.length, 'protobuf')).toMatchObject({ ok: true });
    expect(engine.status().signals.dataPoints.received).toBe(2);
  });
});
