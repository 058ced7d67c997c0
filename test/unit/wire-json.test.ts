import { describe, expect, it } from 'vitest';
import { type Signal, SIGNALS } from '../../proto/otlp/signal.ts';
import { indentJson } from '../../electron/engine/wire/json-write.ts';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { itemToJson, requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import { Writer } from '../../electron/engine/wire/writer.ts';
import { otlpJsonText } from '../support/otlp/otlp-json.ts';
import {
  decodeRequest,
  encodeRequest,
  type Plain,
  requestType,
} from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

const ROUNDS = 40;
const SEED = 77_001;
const utf8 = new TextEncoder();
const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Decoded with every field of the schema, so that a zero sent and a zero left out are the same. */
function whole(signal: Signal, bytes: Uint8Array): unknown {
  const type = requestType(signal);
  return type.toObject(type.decode(bytes), {
    longs: BigInt,
    bytes: String,
    defaults: true,
    arrays: true,
  });
}

function toProto(signal: Signal, json: string): Uint8Array {
  const result = jsonToProto(signal, utf8.encode(json));
  if (!result.ok) throw new Error(result.message);
  return result.bytes;
}

/** The first span of a traces request given as the JSON of its fields. */
function span(fields: string): Plain {
  const bytes = toProto('traces', `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`);
  const request = decodeRequest('traces', bytes);
  const [resource] = request['resourceSpans'] as Plain[];
  const [scope] = resource['scopeSpans'] as Plain[];
  const [first] = scope['spans'] as Plain[];
  return first;
}

function refusal(fields: string): string {
  const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`;
  const result = jsonToProto('traces', utf8.encode(json));
  if (result.ok) throw new Error('accepted');
  expect(result.code).toBe('malformed');
  expect(result.offset).toBeGreaterThan(0);
  return result.message.replace(/ \(at byte \d+\)$/, '');
}

describe.each(SIGNALS)('random %s', (signal) => {
  it('come out of JSON as they went in', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = SEED + round;
      const bytes = encodeRequest(signal, randomRequest(signal, seededRandom(seed)));
      const json = otlpJsonText(signal, decodeRequest(signal, bytes));
      expect(whole(signal, toProto(signal, json)), `seed ${seed}`).toEqual(whole(signal, bytes));
    }
  });

  it('are written as JSON by the book', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = SEED + 1000 + round;
      const bytes = encodeRequest(signal, randomRequest(signal, seededRandom(seed)));
      const json = text(requestToJson(signal, bytes));
      expect(json).not.toContain('\n');
      expect(JSON.parse(json), `seed ${seed}`).toEqual(
        JSON.parse(otlpJsonText(signal, decodeRequest(signal, bytes))),
      );
    }
  });

  it('survive protobuf to JSON to protobuf', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const seed = SEED + 2000 + round;
      const bytes = encodeRequest(signal, randomRequest(signal, seededRandom(seed)));
      const back = toProto(signal, text(requestToJson(signal, bytes)));
      expect(whole(signal, back), `seed ${seed}`).toEqual(whole(signal, bytes));
    }
  });
});

describe('the short ways', () => {
  it.each(SIGNALS)(
    'give the same bytes for %s as the long one, which white space needs',
    (signal) => {
      for (let round = 0; round < ROUNDS; round++) {
        const seed = SEED + 3000 + round;
        const bytes = encodeRequest(signal, randomRequest(signal, seededRandom(seed)));
        const json = text(requestToJson(signal, bytes));
        const spaced = json.replace(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/g, ' $& ');
        expect(toProto(signal, spaced), `seed ${seed}`).toEqual(toProto(signal, json));
      }
    },
  );

  /** The value of an attribute given as JSON, by the short way and by the long one. */
  function bothWays(key: string, value: string): unknown {
    const compact = span(`"attributes":[{"key":${key},"value":${value}}]`)['attributes'];
    expect(span(`"attributes":[ {"value":${value} , "key":${key}}]`)['attributes']).toEqual(
      compact,
    );
    return (compact as Plain[])[0]['value'];
  }

  it('copy texts of any length, with an escape or a letter of two bytes anywhere', () => {
    const lengths = [
      ...Array.from({ length: 20 }, (_, i) => i),
      119,
      120,
      125,
      127,
      128,
      129,
      20_000,
    ];
    for (const length of lengths) {
      for (const at of [0, 1, 2, 3, 5, Math.max(0, length - 1), length]) {
        for (const odd of ['', '\n', '"', '\\', 'é', '\u007f']) {
          const plain =
            'x'.repeat(Math.min(at, length)) + odd + 'y'.repeat(Math.max(0, length - at));
          const quoted = JSON.stringify(plain);
          expect(bothWays('"k"', `{"stringValue":${quoted}}`)).toEqual({ stringValue: plain });
          expect(span(`"name":${quoted}`)).toEqual(plain === '' ? {} : { name: plain });
          if (length < 200) bothWays(quoted, '{"boolValue":true}');
        }
      }
    }
  });

  it('read integers of every length', () => {
    for (let digits = 1; digits <= 19; digits++) {
      for (const first of ['1', '9', '8']) {
        const value = BigInt(first.padEnd(digits, '0987654321'));
        if (value >= 2n ** 63n) continue;
        for (const form of [`${value}`, `"${value}"`, `-${value}`, `"-${value}"`, `${value}e0`]) {
          const wanted = form.includes('-') ? -value : value;
          expect(bothWays('"k"', `{"intValue":${form}}`)).toEqual({ intValue: wanted });
        }
        expect(span(`"startTimeUnixNano":"${value}"`)).toEqual({ startTimeUnixNano: value });
        expect(span(`"startTimeUnixNano":${value}`)).toEqual({ startTimeUnixNano: value });
      }
    }
  });

  it('read doubles as JSON.parse does, to the last bit', () => {
    const random = seededRandom(SEED);
    const bits = new DataView(new ArrayBuffer(8));
    const texts = ['0', '0.0', '1.0', '0.000', '9007199254740993', '1e22', '1e23', '3e-22', '1E+2'];
    for (let round = 0; round < 3000; round++) {
      bits.setUint32(0, random.below(2 ** 32));
      bits.setUint32(4, random.below(2 ** 32));
      const any = bits.getFloat64(0);
      if (Number.isFinite(any)) texts.push(String(any), any.toPrecision(17));
      const near = random.next() * 10 ** random.below(12);
      texts.push(String(near), near.toFixed(random.below(12)), near.toExponential(17));
      // Half way between two doubles, where rounding is hardest, and close to it.
      const odd = 2n ** 53n + BigInt(random.below(2 ** 32)) * 2n + 1n;
      texts.push(`${odd}`, `${odd}.0`, `${odd}1`.replace(/(.{3})/, '$1.'));
    }
    for (const form of texts) {
      for (const signed of [form.replace(/^-/, ''), `-${form.replace(/^-/, '')}`]) {
        const wanted = JSON.parse(signed) as number;
        const { doubleValue } = bothWays('"k"', `{"doubleValue":${signed}}`) as Plain;
        expect(Object.is(doubleValue, wanted), signed).toBe(true);
      }
    }
  });

  it.each([
    ['{"key":"k","value":{"intValue":01}}', 'starts with a zero'],
    ['{"key":"k","value":{"intValue":9223372036854775808}}', 'intValue is not an int64'],
    ['{"key":"k","value":{"intValue":1 2}}', 'a comma or an end'],
    ['{"key":"k","value":{"doubleValue":1.}}', 'a digit is missing'],
    ['{"key":"k","value":{"doubleValue":.5}}', 'where doubleValue needs a number'],
    ['{"key":"k","value":{"doubleValue":00.5}}', 'starts with a zero'],
    ['{"key":"k","value":{"doubleValue":1.2.3}}', 'a comma or an end'],
    ['{"key":"k","value":{"doubleValue":1e999}}', 'doubleValue is not a double'],
    ['{"key":"k","value":{"stringValue":"a\nb"}}', 'control character'],
    ['{"key":"k","value":{"stringValue":"a\\qb"}}', 'escape'],
    ['{"key":"k","value":{"boolValue":trueish}}', 'a comma or an end'],
    ['{"key":"k","value":{"stringValue":"a"}]', 'a comma or an end'],
  ])('refuse %j as the long way does', (attribute, why) => {
    expect(refusal(`"attributes":[${attribute}]`)).toContain(why);
    const offset = (json: string): number => {
      const result = jsonToProto('traces', utf8.encode(json));
      return result.ok ? -1 : result.offset;
    };
    const before = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[';
    // One space in front moves the place by one.
    expect(offset(`${before} ${attribute}`)).toBe(offset(`${before}${attribute}`) + 1);
  });

  it('take a body cut off anywhere for damaged', () => {
    const value =
      '{"key":"key","value":{"stringValue":"text"}},{"key":"n","value":{"intValue":"12"}}';
    const whole = `{"resourceSpans":[{"resource":{"attributes":[${value}]},"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","startTimeUnixNano":"17","attributes":[${value}]}]}]}]}`;
    expect(jsonToProto('traces', utf8.encode(whole))).toMatchObject({ ok: true });
    for (let length = 0; length < whole.length; length++) {
      const cut = utf8.encode(whole.slice(0, length));
      expect(jsonToProto('traces', cut), `${length} bytes`).toMatchObject({ code: 'malformed' });
      // The same when more memory follows the end.
      const more = utf8.encode(whole).subarray(0, length);
      expect(jsonToProto('traces', more), `${length} bytes`).toMatchObject({ code: 'malformed' });
    }
  });

  it('leave the bytes of one body alone when the next one comes', () => {
    const first = toProto('logs', '{"resourceLogs":[{"schemaUrl":"first"}]}');
    const copy = first.slice();
    toProto('logs', '{"resourceLogs":[{"schemaUrl":"other, and longer"}]}');
    expect(first).toEqual(copy);
  });

  it('go on the long way where a list of numbers has other forms', () => {
    const point = (fields: string): Plain => {
      const json = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{${fields}}]}}]}]}]}`;
      const request = decodeRequest('metrics', toProto('metrics', json));
      const [resource] = request['resourceMetrics'] as Plain[];
      const [scope] = resource['scopeMetrics'] as Plain[];
      const [metric] = scope['metrics'] as Plain[];
      const [first] = (metric['histogram'] as Plain)['dataPoints'] as Plain[];
      return first;
    };
    expect(point('"bucketCounts":[1,"2",3 , 4,5e0,18446744073709551615]')).toEqual({
      bucketCounts: [1n, 2n, 3n, 4n, 5n, 18446744073709551615n],
    });
    expect(point('"explicitBounds":[0,-0,1e2,"NaN",0.25,null, 1e300]')).toEqual({
      explicitBounds: [0, -0, 100, NaN, 0.25, NaN, 1e300],
    });
  });

  it('make room for lists of numbers, which are longer in protobuf', () => {
    const zeros = Array.from({ length: 5000 }, () => '0').join(',');
    const point = `{"bucketCounts":[${zeros}],"explicitBounds":[${zeros}]}`;
    const json = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[${point}]}}]}]}]}`;
    expect(toProto('metrics', json).length).toBeGreaterThan(80_000);
  });
});

describe('reading JSON', () => {
  it('takes 64-bit integers as strings and as numbers, exact to the last digit', () => {
    expect(span('"startTimeUnixNano":"1727000000123456789"')).toEqual({
      startTimeUnixNano: 1727000000123456789n,
    });
    expect(span('"startTimeUnixNano":18446744073709551615')).toEqual({
      startTimeUnixNano: 18446744073709551615n,
    });
    const attribute = (value: string) =>
      span(`"attributes":[{"key":"k","value":{"intValue":${value}}}]`)['attributes'];
    const int = (value: bigint) => [{ key: 'k', value: { intValue: value } }];
    expect(attribute('-9223372036854775808')).toEqual(int(-(2n ** 63n)));
    expect(attribute('"9223372036854775807"')).toEqual(int(2n ** 63n - 1n));
    expect(attribute('9007199254740993')).toEqual(int(2n ** 53n + 1n));
    expect(attribute('1e3')).toEqual(int(1000n));
    expect(attribute('-1.5e1')).toEqual(int(-15n));
    expect(attribute('9.223372036854775807e18')).toEqual(int(2n ** 63n - 1n));
    expect(attribute('-0')).toEqual(int(0n));
  });

  it('refuses integers that do not fit or are none', () => {
    expect(refusal('"startTimeUnixNano":18446744073709551616')).toContain('uint64');
    expect(refusal('"startTimeUnixNano":-1')).toContain('uint64');
    expect(refusal('"startTimeUnixNano":1.5')).toContain('uint64');
    expect(refusal('"startTimeUnixNano":1e999')).toContain('uint64');
    expect(refusal('"startTimeUnixNano":"12a"')).toContain('uint64');
    expect(refusal('"startTimeUnixNano":""')).toContain('uint64');
    expect(refusal('"flags":4294967296')).toContain('uint32');
    expect(refusal('"kind":2147483648')).toContain('SpanKind');
  });

  it('takes ids of either case and of any length', () => {
    expect(span('"traceId":"5B8EFFF798038103d269b633813fc60c","spanId":"EEE1"')).toEqual({
      traceId: hex('5b8efff798038103d269b633813fc60c'),
      spanId: hex('eee1'),
    });
    expect(span('"traceId":"","name":"n"')).toEqual({ name: 'n' });
    expect(refusal('"traceId":"not hex at all"')).toBe('traceId is not hex');
  });

  it.each([15, 17, 31, 33])('does not make a valid id of %i hex digits', (digits) => {
    const id = span(`"spanId":"${'a'.repeat(digits)}"`)['spanId'] as Uint8Array;
    expect([8, 16]).not.toContain(id.length);
  });

  it('takes enums by number, by name and as a number in a string', () => {
    for (const kind of ['3', '"SPAN_KIND_CLIENT"', '"3"']) {
      expect(span(`"kind":${kind}`)).toEqual({ kind: 3 });
    }
    expect(refusal('"kind":"CLIENT"')).toBe('kind is not a value of SpanKind');
  });

  it('takes snake_case keys, numbers in strings and null for absent', () => {
    expect(
      span('"trace_state":"a=b","dropped_links_count":"4","name":null,"attributes":null'),
    ).toEqual({ traceState: 'a=b', droppedLinksCount: 4 });
  });

  it('takes doubles in all their forms', () => {
    const value = (json: string) => {
      const [attribute] = span(`"attributes":[{"value":{"doubleValue":${json}}}]`)[
        'attributes'
      ] as Plain[];
      return (attribute['value'] as Plain)['doubleValue'];
    };
    expect(value('"NaN"')).toBe(NaN);
    expect(value('"-Infinity"')).toBe(-Infinity);
    expect(value('"1.5"')).toBe(1.5);
    expect(value('-0')).toBe(-0);
    expect(value('-0.0')).toBe(-0);
    expect(value('5e-324')).toBe(5e-324);
    expect(value('0.1')).toBe(0.1);
    expect(value('123456789012345678')).toBe(123456789012345678);
  });

  it('skips unknown keys with whatever they hold', () => {
    expect(span('"new":{"a":[1,{"b":null}],"c":"\\"}"},"name":"n","x":-1.5e3,"y":true')).toEqual({
      name: 'n',
    });
  });

  it('takes the last of a key that stands twice', () => {
    expect(
      span(
        '"name":"a","status":{"code":2,"message":"m"},"name":"b","attributes":[{"key":"x"}],' +
          '"kind":1,"attributes":[{"key":"y"}],"status":{"message":"last"},"kind":null',
      ),
    ).toEqual({
      name: 'b',
      attributes: [{ key: 'y' }],
      status: { message: 'last' },
    });
  });

  it('takes a million repeated keys, at every level, without going over them again', () => {
    let value = '{"intValue":"7"}';
    for (let depth = 0; depth < 40; depth++) {
      value = `{"arrayValue":{},"arrayValue":{"values":[],"values":[${value}]}}`;
    }
    const many = '"status":{},'.repeat(1_000_000);
    const { attributes, status } = span(`${many}"attributes":[{"key":"k","value":${value}}]`);
    expect(status).toEqual({});
    let inner = (attributes as Plain[])[0]['value'] as Plain;
    for (let depth = 0; depth < 40; depth++) {
      [inner] = (inner['arrayValue'] as Plain)['values'] as Plain[];
    }
    expect(inner).toEqual({ intValue: 7n });
  });

  it('unescapes texts, keys, ids and base64', () => {
    expect(
      span(
        '"n\\u0061me":"a\\n\\"\\\\\\/\\u00e9\\ud83d\\ude00\\ud800","spanId":"\\u0061\\u0062",' +
          '"attributes":[{"value":{"bytesValue":"\\u0041QI="}}]',
      ),
    ).toEqual({
      name: 'a\n"\\/é😀\ufffd',
      spanId: hex('ab'),
      attributes: [{ value: { bytesValue: Uint8Array.of(1, 2) } }],
    });
  });

  it('passes texts that are not UTF-8 on as they are', () => {
    const json = utf8.encode('{"resourceLogs":[{"schemaUrl":"a?b"}]}');
    json[json.indexOf(0x3f)] = 0xff;
    const result = jsonToProto('logs', json);
    expect(result.ok && [...result.bytes]).toEqual([0x0a, 5, 0x1a, 3, 0x61, 0xff, 0x62]);
  });

  it('reads base64 of both alphabets, padded or not', () => {
    for (const form of ['+/8=', '-_8', '-_8=', '+/8']) {
      expect(span(`"attributes":[{"value":{"bytesValue":"${form}"}}]`)).toEqual({
        attributes: [{ value: { bytesValue: Uint8Array.of(0xfb, 0xff) } }],
      });
    }
    expect(refusal('"attributes":[{"value":{"bytesValue":"*"}}]')).toBe('bytesValue is not base64');
  });

  it('keeps a null inside an array in its place', () => {
    expect(
      span('"attributes":[{"value":{"arrayValue":{"values":[{"intValue":1},null]}}}]'),
    ).toEqual({
      attributes: [{ value: { arrayValue: { values: [{ intValue: 1n }, {}] } } }],
    });
  });

  it('takes a byte order mark and white space', () => {
    expect(toProto('traces', '\ufeff \t\r\n{ "resourceSpans" : [ ] } \n')).toHaveLength(0);
  });

  it.each([
    ['', 'the text ends'],
    ['1234', 'a number stands where the body needs an object'],
    ['[]', 'an array stands'],
    ['{}{}', 'behind the end'],
    ['{"resourceSpans":{}}', 'resourceSpans needs an array'],
    ['{"resourceSpans":[1]}', 'resourceSpans needs an object'],
    ['{"resourceSpans":[],}', 'a comma'],
    ['{"resourceSpans" []}', 'a colon'],
    ['{"x":01}', 'starts with a zero'],
    ['{"x":tru}', 'no JSON value'],
    ['{"x":"\u0001"}', 'control character'],
    ['{"x":[}', 'where a value is needed'],
    ['{"resourceSpans":[{"schemaUrl":"\\x"}]}', 'escape'],
  ])('refuses %j with its place', (json, why) => {
    const result = jsonToProto('traces', utf8.encode(json));
    expect(result).toMatchObject({ ok: false, code: 'malformed' });
    expect(!result.ok && result.message).toContain(why);
    expect(!result.ok && result.message).toMatch(/\(at byte \d+\)$/);
  });

  it('refuses nesting without end as too deep', () => {
    const deep = '['.repeat(200_000);
    const values = '{"arrayValue":{"values":['.repeat(5000);
    for (const json of [
      `{"x":${deep}`,
      `{"resourceSpans":[{"resource":{"attributes":[{"value":${values}`,
    ]) {
      expect(jsonToProto('traces', utf8.encode(json))).toMatchObject({ code: 'tooDeep' });
    }
  });
});

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
