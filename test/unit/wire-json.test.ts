/** Random requests through JSON and back, compared with what protobufjs makes of them. */
import { describe, expect, it } from 'vitest';
import { type Signal, SIGNALS } from '../../proto/otlp/signal.ts';
import { requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import { toProto } from '../support/otlp/json-requests.ts';
import { otlpJsonText } from '../support/otlp/otlp-json.ts';
import { decodeRequest, encodeRequest, requestType } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import { seededRandom } from '../support/otlp/random.ts';

const ROUNDS = 40;
const SEED = 77_001;
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
