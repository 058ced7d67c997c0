/** The reader's short ways for the commonest JSON: they give and refuse what the long way does. */
import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import { refusal, span, toProto } from '../support/otlp/json-requests.ts';
import { decodeRequest, encodeRequest, type Plain } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

const ROUNDS = 40;
const SEED = 77_001;
const utf8 = new TextEncoder();
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

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
