/**
 * What the mutations start from: every fixture, random requests over the whole schema, and inputs of
 * this run that were answered in a way not seen before. The last makes the campaign go deeper where
 * one mutation leads to another; it depends on the seed alone, like everything here.
 */
import { SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import type { BodyEncoding, IngestResult } from '../../electron/engine/config.ts';
import { requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import { otlpFixtures } from '../support/otlp/fixtures.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { randomRequest } from '../support/otlp/random-payload.ts';
import type { Random } from '../support/otlp/random.ts';
import { spansBody } from '../support/store-bodies.ts';
import { mutateJson } from './json-mutator.ts';
import { mutateBytes, mutateProtobuf } from './protobuf-mutator.ts';

/** One body on its way to the engine. */
export interface Input {
  readonly signal: Signal;
  readonly encoding: BodyEncoding;
  readonly body: Uint8Array;
}

/** Inputs kept for their answers, at most; and no longer than this, or they only grow. */
const MAX_NOVEL = 300;
const MAX_NOVEL_BYTES = 16 << 10;

export class Corpus {
  readonly #random: Random;
  readonly #bodies: Input[];
  readonly #seeds: number;
  readonly #answers = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
    this.#bodies = seedInputs();
    this.#seeds = this.#bodies.length;
  }

  /** The next input: mostly mutated, one in ten as it is. */
  next(): Input {
    const random = this.#random;
    const from = random.chance(0.1) ? this.#fresh() : random.pick(this.#bodies);
    if (random.chance(0.1)) return from;
    const { signal, encoding, body } = from;
    const mutated =
      encoding === 'json' ? mutateJson(body, random) : this.#mutatedProtobuf(signal, body);
    const input = { signal, encoding, body: mutated };
    // Now and then to a door that it was not made for.
    if (random.chance(0.02)) return { ...input, signal: random.pick(SIGNALS) };
    if (random.chance(0.02)) return { ...input, encoding: random.pick(['json', 'protobuf']) };
    return input;
  }

  /** A plain request of some 60 KB with traces of its own: what makes a small engine evict. */
  flood(): Input {
    const random = this.#random;
    const trace = 1 + random.below(2 ** 31);
    const specs = Array.from({ length: 40 }, (_, index) => ({
      ...{ trace: trace + random.below(3), id: index + 1, parent: random.below(index + 1) },
      padding: random.below(3000),
    }));
    return { signal: 'traces', encoding: 'protobuf', body: spansBody(specs) };
  }

  /** Keeps an input that was answered as none before it. */
  learn(input: Input, result: IngestResult): void {
    const answer = `${input.signal} ${input.encoding} ${answerClass(result)}`;
    if (this.#answers.has(answer)) return;
    this.#answers.add(answer);
    if (input.body.length > MAX_NOVEL_BYTES) return;
    if (this.#bodies.length < this.#seeds + MAX_NOVEL) this.#bodies.push(input);
  }

  /** How many kinds of answer were seen. */
  get answerCount(): number {
    return this.#answers.size;
  }

  #mutatedProtobuf(signal: Signal, body: Uint8Array): Uint8Array {
    const random = this.#random;
    if (random.chance(0.1)) return mutateBytes(body, random);
    const donors = this.#bodies.filter(
      (other) => other.signal === signal && other.encoding === 'protobuf',
    );
    return mutateProtobuf(signal, body, random.pick(donors).body, random);
  }

  #fresh(): Input {
    const random = this.#random;
    const signal = random.pick(SIGNALS);
    const body = encodeRequest(signal, randomRequest(signal, random, { maxList: 2 }));
    if (random.chance(0.5)) return { signal, encoding: 'protobuf', body };
    return { signal, encoding: 'json', body: requestToJson(signal, body) };
  }
}

function seedInputs(): Input[] {
  return otlpFixtures().flatMap(({ signal, protobuf, json }): Input[] => [
    { signal, encoding: 'protobuf', body: protobuf },
    { signal, encoding: 'json', body: json },
  ]);
}

/** An answer without its numbers and quotes of the input. */
function answerClass(result: IngestResult): string {
  if (!result.ok) {
    const words = result.message.replace(/"[^"]*"|\d+/g, '#').slice(0, 200);
    return `${result.code} ${words}`;
  }
  const reasons = result.rejections.map(({ reason }) => reason).join();
  return `ok ${reasons} ${Math.min(2, result.duplicates)} ${Math.min(2, result.accepted)}`;
}
