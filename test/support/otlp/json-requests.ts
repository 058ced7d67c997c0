/** Requests written as OTLP/JSON by hand, given to the program's reader of JSON. */
import { expect } from 'vitest';
import type { Signal } from '../../../proto/otlp/signal.ts';
import { jsonToProto } from '../../../electron/engine/wire/json-to-proto.ts';
import { decodeRequest, type Plain } from './proto-root.ts';

const utf8 = new TextEncoder();

/** The protobuf bytes of a request given as JSON; throws with the reader's message when refused. */
export function toProto(signal: Signal, json: string): Uint8Array {
  const result = jsonToProto(signal, utf8.encode(json));
  if (!result.ok) throw new Error(result.message);
  return result.bytes;
}

/** The first span of a traces request given as the JSON of its fields. */
export function span(fields: string): Plain {
  const bytes = toProto('traces', `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`);
  const request = decodeRequest('traces', bytes);
  const [resource] = request['resourceSpans'] as Plain[];
  const [scope] = resource['scopeSpans'] as Plain[];
  const [first] = scope['spans'] as Plain[];
  return first;
}

/** Why a traces request with a span of these fields is refused, without the place. */
export function refusal(fields: string): string {
  const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`;
  const result = jsonToProto('traces', utf8.encode(json));
  if (result.ok) throw new Error('accepted');
  expect(result.code).toBe('malformed');
  expect(result.offset).toBeGreaterThan(0);
  return result.message.replace(/ \(at byte \d+\)$/, '');
}
