/** OTLP/JSON by the book: a decoded message into the value that JSON.stringify writes. */
import protobuf from 'protobufjs';
import type { Signal } from '../../../proto/otlp/signal.ts';
import { type Plain, requestType } from './proto-root.ts';
import { isId } from './random-payload.ts';

/** The OTLP/JSON value of a request as `decodeRequest` gives it. */
export function toOtlpJson(signal: Signal, request: Plain): Plain {
  return messageJson(requestType(signal), request);
}

/** The OTLP/JSON text of a request. JSON.stringify would write a negative zero as 0. */
export function otlpJsonText(signal: Signal, request: Plain): string {
  const mark = '<negative zero>';
  const json = JSON.stringify(toOtlpJson(signal, request), (_key, value: unknown) =>
    Object.is(value, -0) ? mark : value,
  );
  return json.replaceAll(`"${mark}"`, '-0');
}

/** The OTLP/JSON value of any message. */
export function messageJson(type: protobuf.Type, message: Plain): Plain {
  const result: Plain = {};
  for (const [key, value] of Object.entries(message)) {
    const field = type.fields[key];
    field.resolve();
    result[key] = Array.isArray(value)
      ? value.map((element) => valueJson(field, element))
      : valueJson(field, value);
  }
  return result;
}

function valueJson(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) {
    return messageJson(field.resolvedType, value as Plain);
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString(isId(field) ? 'hex' : 'base64');
  }
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}
