import { describe, expect, it } from 'vitest';
import type { Signal } from '../../proto/otlp/signal.ts';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import { WireError } from '../../electron/engine/wire/cursor.ts';
import { stripItems } from '../../electron/engine/wire/rewrite.ts';
import { decodeAll } from '../support/otlp/decode-all.ts';
import { otlpFixtures } from '../support/otlp/fixtures.ts';
import { decodeRequest, requestType } from '../support/otlp/proto-root.ts';
import { seededRandom } from '../support/otlp/random.ts';
import { sdkLogs, sdkMetrics, sdkTraces } from '../support/otlp/sdk-payloads.ts';

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

function toProto(signal: Signal, json: Uint8Array): Uint8Array {
  const result = jsonToProto(signal, json);
  if (!result.ok) throw new Error(result.message);
  return result.bytes;
}

const payloads = [
  ...otlpFixtures(),
  { name: 'SDK traces', signal: 'traces', ...sdkTraces() },
  { name: 'SDK logs', signal: 'logs', ...sdkLogs() },
  { name: 'SDK metrics', signal: 'metrics', ...(await sdkMetrics()) },
] as const;

describe.each(payloads)('$name', ({ signal, protobuf, json }) => {
  it('is the same telemetry in both encodings', () => {
    expect(whole(signal, toProto(signal, json))).toEqual(whole(signal, protobuf));
  });

  it('goes through JSON and back', () => {
    expect(whole(signal, toProto(signal, requestToJson(signal, protobuf)))).toEqual(
      whole(signal, protobuf),
    );
  });

  it('decodes as protobufjs decodes it', () => {
    const { ours, theirs } = decodeAll(signal, protobuf, decodeRequest(signal, protobuf));
    expect(ours).toEqual(theirs);
  });
});

/** Runs every door on bytes that may be anything; they return or throw WireError. */
function withstand(signal: Signal, bytes: Uint8Array): void {
  requestToJson(signal, bytes);
  decodeAll(signal, bytes);
  try {
    stripItems(signal, bytes, [bytes.length >> 1]);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
  }
}

describe('damage', () => {
  it('by cutting a body at any byte is answered, not thrown', () => {
    for (const { signal, protobuf, json } of otlpFixtures()) {
      for (let end = 0; end < protobuf.length; end++) withstand(signal, protobuf.slice(0, end));
      // Without the white space at its end, which a request can do without.
      const { length } = new TextDecoder().decode(json).trimEnd();
      for (let end = 0; end < length; end++) {
        const result = jsonToProto(signal, json.subarray(0, end));
        expect(result.ok).toBe(false);
      }
    }
  });

  it('by random bytes is answered, not thrown', () => {
    for (const { name, signal, protobuf, json } of otlpFixtures()) {
      const random = seededRandom(name.length * 1009);
      for (let round = 0; round < 400; round++) {
        const bad = protobuf.slice();
        const badJson = json.slice();
        for (let count = 1 + random.below(4); count > 0; count--) {
          bad[random.below(bad.length)] = random.below(256);
          badJson[random.below(badJson.length)] = random.below(128);
        }
        withstand(signal, bad);
        jsonToProto(signal, badJson);
        // A body in the wrong encoding, and of the wrong signal.
        jsonToProto(signal, bad);
        withstand('metrics', bad);
      }
    }
  });
});
