import { describe, expect, it } from 'vitest';
import type { Signal } from '../../proto/otlp/signal.ts';
import { Cursor } from '../../electron/engine/wire/cursor.ts';
import {
  encodeMetric,
  keepItems,
  metricAround,
  rebuildRequest,
  stripItems,
} from '../../electron/engine/wire/rewrite.ts';
import {
  decodeMessage,
  decodeRequest,
  encodeMessage,
  encodeRequest,
  type Plain,
  protoType,
} from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { type Random, seededRandom } from '../support/otlp/random.ts';

/** Paths of field numbers from the request to its items. */
const ITEM_PATHS: Readonly<Record<Signal, readonly (readonly number[])[]>> = {
  traces: [[1, 2, 2]],
  logs: [[1, 2, 2]],
  profiles: [[1, 2, 2]],
  metrics: [5, 7, 9, 10, 11].map((kind) => [1, 2, 2, kind, 1]),
};

/** Offset of every item's message, in wire order. */
function itemOffsets(signal: Signal, body: Uint8Array): number[] {
  const found: number[] = [];
  const visit = (start: number, end: number, path: readonly number[]): void => {
    const cursor = new Cursor(body, start, end);
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      if (tag !== ((path[0] << 3) | 2)) {
        cursor.skip(tag);
        continue;
      }
      const length = cursor.len();
      if (path.length === 1) found.push(cursor.pos);
      else visit(cursor.pos, cursor.pos + length, path.slice(1));
      cursor.pos += length;
    }
  };
  for (const path of ITEM_PATHS[signal]) visit(0, body.length, path);
  return found.sort((a, b) => a - b);
}

/** Lists of a decoded request that hold containers or items, from the outside in. */
const LISTS: Readonly<Record<Signal, readonly string[]>> = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  profiles: ['resourceProfiles', 'scopeProfiles', 'profiles'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics', 'dataPoints'],
};
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

/**
 * The slow reference: filters a decoded request in place. `chosen` is asked once per item, in wire
 * order. Returns how many members of a list stay.
 */
function filter(
  holder: Plain,
  lists: readonly string[],
  chosen: () => boolean,
  keep: boolean,
): { stayed: number; touched: boolean } {
  const [name, ...inside] = lists;
  let touched = false;
  const members = ((holder[name] as Plain[] | undefined) ?? []).filter((member) => {
    if (inside.length === 0) {
      const isChosen = chosen();
      touched ||= isChosen;
      return isChosen === keep;
    }
    let inner = member;
    if (inside[0] === 'dataPoints') {
      const kind = KINDS.find((key) => key in member);
      if (kind === undefined) return !keep;
      inner = member[kind] as Plain;
    }
    const result = filter(inner, inside, chosen, keep);
    touched ||= result.touched;
    return keep ? result.stayed > 0 : result.stayed > 0 || !result.touched;
  });
  if (members.length > 0) holder[name] = members;
  else Reflect.deleteProperty(holder, name);
  return { stayed: members.length, touched };
}

function check(signal: Signal, keep: boolean, random: Random): void {
  const body = encodeRequest(signal, randomRequest(signal, random, { density: 0.8 }));
  const offsets = itemOffsets(signal, body);
  const marks = offsets.map(() => random.chance(0.4));
  const selected = offsets.filter((_, index) => marks[index]).reverse();
  const expected = decodeRequest(signal, body);
  let index = 0;
  filter(expected, LISTS[signal], () => marks[index++], keep);
  expect(index).toBe(offsets.length);
  const rewrite = keep ? keepItems : stripItems;
  expect(decodeRequest(signal, rewrite(signal, body, selected)), `seed ${random.seed}`).toEqual(
    expected,
  );
}

describe.each(['traces', 'logs', 'metrics', 'profiles'] as const)('%s', (signal) => {
  it('lose the named items and nothing else', () => {
    for (let seed = 31_000; seed < 31_080; seed++) check(signal, false, seededRandom(seed));
  });

  it('are kept alone with all that surrounds them', () => {
    for (let seed = 32_000; seed < 32_080; seed++) check(signal, true, seededRandom(seed));
  });

  it('stay byte for byte when nothing is stripped', () => {
    const body = encodeRequest(signal, randomRequest(signal, seededRandom(33_000)));
    expect([...stripItems(signal, body, [])]).toEqual([...body]);
  });
});

describe('metricAround', () => {
  it('finds the metric of every data point of random requests, with its metadata', () => {
    for (let round = 0; round < 40; round++) {
      const seed = 91_000 + round;
      const body = encodeRequest('metrics', randomRequest('metrics', seededRandom(seed)));
      // Not at the start of its memory, as in a slab.
      const bytes = new Uint8Array(body.length + 14);
      bytes.set(body, 7);
      const type = protoType('opentelemetry.proto.metrics.v1.Metric');
      for (const offset of itemOffsets('metrics', body)) {
        const place = metricAround(bytes, 7, 7 + body.length, offset + 7);
        const metric = decodeMessage(type, bytes.subarray(place.start, place.end));
        expect(decodeMessage(type, place.metadata), `seed ${seed}`).toEqual(
          metric['metadata'] === undefined ? {} : { metadata: metric['metadata'] },
        );
        expect(offset + 7).toBeGreaterThan(place.start);
        expect(offset + 7).toBeLessThanOrEqual(place.end);
      }
    }
  });

  it('joins metadata that stands in pieces', () => {
    const metadata = (text: number): number[] => [0x62, 3, 0x0a, 1, text];
    const metric = [...metadata(0x61), 0x2a, 2, 0x0a, 0, ...metadata(0x62)];
    const body = Uint8Array.from([
      0x0a,
      metric.length + 4,
      0x12,
      metric.length + 2,
      0x12,
      metric.length,
      ...metric,
    ]);
    expect([...metricAround(body, 0, body.length, 15).metadata]).toEqual([
      ...metadata(0x61),
      ...metadata(0x62),
    ]);
    expect(() => metricAround(body, 0, body.length, body.length + 1)).toThrow(RangeError);
  });
});

describe('rebuildRequest', () => {
  it('builds a request of resources, scopes and items', () => {
    const resource = encodeMessage(protoType('opentelemetry.proto.resource.v1.Resource'), {
      attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }],
    });
    const scope = encodeMessage(protoType('opentelemetry.proto.common.v1.InstrumentationScope'), {
      name: 'http',
    });
    const span = protoType('opentelemetry.proto.trace.v1.Span');
    const items = ['a', 'b'].map((name) => encodeMessage(span, { name }));
    const bytes = rebuildRequest('traces', [
      { resource, schemaUrl: 'r', scopes: [{ scope, schemaUrl: 's', items }] },
      {
        resource: new Uint8Array(0),
        schemaUrl: '',
        scopes: [{ scope: new Uint8Array(0), schemaUrl: '', items: items.slice(0, 1) }],
      },
    ]);
    expect(decodeRequest('traces', bytes)).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
          scopeSpans: [
            { scope: { name: 'http' }, spans: [{ name: 'a' }, { name: 'b' }], schemaUrl: 's' },
          ],
          schemaUrl: 'r',
        },
        { scopeSpans: [{ spans: [{ name: 'a' }] }] },
      ],
    });
  });

  it('builds a metric around its points', () => {
    const type = protoType('opentelemetry.proto.metrics.v1.NumberDataPoint');
    const metric = encodeMetric(
      {
        name: 'requests',
        description: 'all of them',
        unit: '1',
        kind: 7,
        temporality: 2,
        monotonic: true,
      },
      [encodeMessage(type, { asInt: 4n })],
    );
    const none = new Uint8Array(0);
    const bytes = rebuildRequest('metrics', [
      {
        resource: none,
        schemaUrl: '',
        scopes: [{ scope: none, schemaUrl: '', items: [metric] }],
      },
    ]);
    expect(decodeRequest('metrics', bytes)).toEqual({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'requests',
                  description: 'all of them',
                  unit: '1',
                  sum: {
                    dataPoints: [{ asInt: 4n }],
                    aggregationTemporality: 2,
                    isMonotonic: true,
                  },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});
