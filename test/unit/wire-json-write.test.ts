/** What the writer of OTLP/JSON makes of requests, whole and damaged. */
import { describe, expect, it } from 'vitest';
import { indentJson } from '../../electron/engine/wire/json-write.ts';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { itemToJson, requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import { Writer } from '../../electron/engine/wire/writer.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

const ROUNDS = 40;
const SEED = 77_001;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('writing JSON', () => {
  it('indents as JSON.stringify does and leaves numbers as they are', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = SEED + 4000 + round;
      const bytes = encodeRequest('logs', randomRequest('logs', seededRandom(seed)));
      const json = text(requestToJson('logs', bytes)).replaceAll(/:-0(?=[,}])/g, ':0');
      const wanted = JSON.stringify(JSON.parse(json), null, 2);
      expect(JSON.parse(indentJson(json)), `seed ${seed}`).toEqual(JSON.parse(wanted));
      // JSON.parse makes other texts of the same doubles.
      const noDoubles = json.replaceAll(/"doubleValue":[^,}]+/g, '"doubleValue":1');
      expect(indentJson(noDoubles), `seed ${seed}`).toBe(
        JSON.stringify(JSON.parse(noDoubles), null, 2),
      );
    }
    expect(indentJson('{"a":[-0,1e-7],"b":{},"c":[],"d":"{\\"[,:\\\\"}')).toBe(
      '{\n  "a": [\n    -0,\n    1e-7\n  ],\n  "b": {},\n  "c": [],\n  "d": "{\\"[,:\\\\"\n}',
    );
  });

  it('groups a repeated field whose elements stand apart, and merges a message in parts', () => {
    const out = new Writer();
    const attribute = (key: string) => {
      const mark = out.open(9);
      out.stringField(1, key);
      out.close(mark);
    };
    attribute('a');
    let mark = out.open(15);
    out.stringField(2, 'm');
    out.close(mark);
    attribute('b');
    mark = out.open(15);
    out.uintField(3, 1);
    out.close(mark);
    expect(JSON.parse(itemToJson('span', out.finish()))).toEqual({
      attributes: [{ key: 'a' }, { key: 'b' }],
      status: { message: 'm', code: 1 },
    });
  });

  it('writes the last member of a value that holds two', () => {
    const out = new Writer();
    const mark = out.open(5);
    out.stringField(1, 'text');
    out.uintField(3, 7);
    out.close(mark);
    expect(itemToJson('logRecord', out.finish())).toBe('{"body":{"intValue":"7"}}');
  });

  it('puts U+FFFD where bytes are not UTF-8', () => {
    const out = new Writer();
    out.bytesField(5, Uint8Array.of(0x61, 0xff, 0x22));
    expect(itemToJson('span', out.finish())).toBe('{"name":"a\ufffd\\""}');
  });

  it('keeps what stands before damage', () => {
    const out = new Writer();
    out.stringField(5, 'n');
    out.bytesField(9, Uint8Array.of(0x0a, 1, 0x61, 0x12, 100));
    out.tag(7, 1);
    expect(itemToJson('span', out.finish())).toBe('{"name":"n","attributes":[{"key":"a"}]}');
  });

  it('can be read again, however deep the metadata of a metric is nested', () => {
    const wrapped = (inside: Uint8Array, ...fields: number[]): Uint8Array => {
      const out = new Writer();
      const marks = fields.map((field) => out.open(field));
      out.raw(inside, 0, inside.length);
      for (const mark of marks.reverse()) out.close(mark);
      return out.finish();
    };
    let value: Uint8Array = new Uint8Array(0);
    for (let level = 0; level < 150; level++) value = wrapped(value, 5, 1);
    // ResourceMetrics, ScopeMetrics, Metric, metadata, value.
    const body = wrapped(value, 1, 2, 2, 12, 2);
    expect(text(requestToJson('metrics', body))).toContain('"metadata":[{"value":{"arrayValue"');
    expect(jsonToProto('metrics', requestToJson('metrics', body))).toMatchObject({ ok: true });
  });
});
