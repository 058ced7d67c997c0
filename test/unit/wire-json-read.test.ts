/** What the reader of OTLP/JSON takes, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { refusal, span, toProto } from '../support/otlp/json-requests.ts';
import type { Plain } from '../support/otlp/proto-root.ts';

const utf8 = new TextEncoder();
const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits, 'hex'));

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
