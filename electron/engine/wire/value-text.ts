/** A decoded value as one line of text. */
import type { AnyValue, KeyValue } from '../../../proto/otlp/model.ts';

/** Strings as they are, everything else as compact JSON (64-bit integers exact, bytes as base64). */
export function attributeText(value: AnyValue): string {
  return value.type === 'string' ? value.value : jsonText(value);
}

function jsonText(value: AnyValue): string {
  switch (value.type) {
    case 'empty':
      return 'null';
    case 'string':
      return JSON.stringify(value.value);
    case 'bool':
      return value.value ? 'true' : 'false';
    case 'int':
      return value.value.toString();
    case 'double':
      return Object.is(value.value, -0) ? '-0' : String(value.value);
    case 'array':
      return `[${value.values.map(jsonText).join(',')}]`;
    case 'kvlist':
      return `{${value.values.map(pairText).join(',')}}`;
    case 'bytes':
      return `"${base64(value.value)}"`;
  }
}

function pairText({ key, value }: KeyValue): string {
  return `${JSON.stringify(key)}:${value === undefined ? 'null' : jsonText(value)}`;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard base64 with padding. */
export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += BASE64[word >>> 18] + BASE64[(word >>> 12) & 63];
    text += i + 1 < bytes.length ? BASE64[(word >>> 6) & 63] : '=';
    text += i + 2 < bytes.length ? BASE64[word & 63] : '=';
  }
  return text;
}
