/**
 * Hostile bodies through `Engine.ingest`. A store beside it takes the same bodies cut into other
 * pieces: it has to answer and to count the same, and can be looked into.
 */
import { SIGNALS, ITEM_KIND, type Signal } from '../../proto/otlp/signal.ts';
import type { Engine } from '../../electron/engine/engine.ts';
import type { IngestResult } from '../../electron/engine/config.ts';
import { Store } from '../../electron/engine/store/store.ts';
import { jsonToProto } from '../../electron/engine/wire/json-to-proto.ts';
import { requestToJson } from '../../electron/engine/wire/proto-to-json.ts';
import { createEngine } from '../support/live-engine.ts';
import { checkStore, readAll } from '../support/store-text.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { browse } from './browse.ts';
import { Corpus, type Input } from './corpus.ts';
import { assertFact, Finding, type Report } from './finding.ts';

const SMALL_BUDGET = 4 << 20;
const LARGE_BUDGET = 64 << 20;
/** Rows and indexes of the one body that may stand above the budget. */
const BUDGET_SLACK = 8 << 20;
/** A refusal is shown to a person: it is no copy of the body. */
const MAX_MESSAGE = 1000;
/** JSON bodies become protobuf: the most that a byte of text can turn into, and a constant. */
const MAX_GROWTH = 4;

interface Twins {
  readonly engine: Engine;
  readonly store: Store;
  readonly budget: number;
}

/** Takes `rounds` inputs of a seed, then checks what the engine holds. Throws Finding. */
export async function fuzzIngest(seed: number, rounds: number): Promise<Report> {
  const random = seededRandom(seed);
  const corpus = new Corpus(random);
  const budget = seed % 2 === 0 ? SMALL_BUDGET : LARGE_BUDGET;
  const { engine, time } = createEngine(budget);
  const clock = { nowMs: () => time.nowMs(), ticksMs: () => time.ticksMs() };
  const twins: Twins = { engine, store: new Store({ memoryBytes: budget, clock }), budget };
  for (let round = 0; round < rounds; round++) {
    const input = budget === SMALL_BUDGET && random.chance(0.1) ? corpus.flood() : corpus.next();
    try {
      corpus.learn(input, takeOne(twins, input, random));
    } catch (error) {
      throw new Finding('ingest', seed, round, error, input);
    }
  }
  try {
    checkHolding(twins);
    await browse(engine, time);
  } catch (error) {
    throw new Finding('ingest', seed, rounds, error);
  }
  const { signals } = engine.status();
  const sum = (field: 'kept' | 'evicted'): number =>
    Object.values(signals).reduce((items, counts) => items + counts[field], 0);
  engine.close();
  const detail = `${corpus.answerCount} kinds of answer, ${sum('kept')} items kept, ${sum('evicted')} evicted`;
  return { inputs: rounds, detail };
}

function takeOne({ engine, store, budget }: Twins, input: Input, random: Random): IngestResult {
  const { signal, encoding, body } = input;
  const kind = ITEM_KIND[signal];
  const before = engine.status().signals[kind];
  const result = engine.ingest(signal, [body], body.length, encoding);
  const after = engine.status().signals[kind];
  assertFact(
    JSON.stringify(twinResult(store, input, random)) === JSON.stringify(result),
    'a body in pieces is answered like a whole one',
  );
  if (!result.ok) {
    // Room was made for it before it was read, so what was kept may have been evicted.
    assertFact(
      before.received === after.received &&
        before.kept + before.evicted === after.kept + after.evicted &&
        before.rejected === after.rejected &&
        before.duplicates === after.duplicates,
      'a refused body counts nothing',
    );
    assertFact(result.message !== '', 'a refusal says why');
    assertFact(result.message.length <= MAX_MESSAGE, 'a refusal is short');
    assertFact(result.offset >= -1 && result.offset <= body.length, 'an offset is in the body');
    return result;
  }
  const { received, accepted, rejected, duplicates, rejections } = result;
  assertFact(received === accepted + rejected + duplicates, 'the items of a body add up');
  // An item takes two bytes at least: work and rows are bounded by what was sent.
  assertFact(received <= body.length, 'there are no more items than bytes');
  assertFact(
    rejections.reduce((sum, { count }) => sum + count, 0) === rejected,
    'every rejected item has a reason',
  );
  assertFact(after.received === before.received + received, 'received items are counted');
  assertFact(after.rejected === before.rejected + rejected, 'rejected items are counted');
  const sum = after.kept + after.evicted + after.rejected + after.duplicates;
  assertFact(sum === after.received, 'received = kept + evicted + rejected + duplicates');
  const { usedBytes } = engine.status().memory;
  assertFact(usedBytes <= budget + BUDGET_SLACK, `memory is bounded (${usedBytes} bytes)`);
  return result;
}

function twinResult(store: Store, { signal, encoding, body }: Input, random: Random): IngestResult {
  if (encoding === 'protobuf') return store.ingest(signal, pieces(body, random), body.length);
  const encoded = jsonToProto(signal, body.slice());
  if (!encoded.ok) return encoded;
  const { bytes } = encoded;
  assertFact(bytes.length <= MAX_GROWTH * body.length + 64, 'JSON does not grow as protobuf');
  return store.ingest(signal, pieces(bytes, random), bytes.length);
}

function pieces(body: Uint8Array, random: Random): Uint8Array[] {
  const result: Uint8Array[] = [];
  for (let at = 0; at < body.length;) {
    const length = random.chance(0.5) ? body.length : 1 + random.below(body.length);
    result.push(body.slice(at, at + length));
    at += length;
  }
  return result;
}

/** The store is sound, the engine counts what it counts, and what goes out comes back in. */
function checkHolding({ engine, store }: Twins): void {
  checkStore(store);
  const counters = store.counters();
  assertFact(
    JSON.stringify(counters) === JSON.stringify(engine.status().signals),
    'the engine counts as its store',
  );
  const held = readAll(store);
  const again = new Store({ memoryBytes: LARGE_BUDGET, clock: CLOCK });
  const fromJson = new Store({ memoryBytes: LARGE_BUDGET, clock: CLOCK });
  for (const { signal, bytes } of held) {
    takeBack(again, signal as Signal, bytes);
    const json = requestToJson(signal as Signal, bytes);
    JSON.parse(new TextDecoder().decode(json));
    const encoded = jsonToProto(signal as Signal, json);
    if (!encoded.ok) throw new Error(`exported JSON is not read again: ${encoded.message}`);
    takeBack(fromJson, signal as Signal, encoded.bytes);
  }
  for (const signal of SIGNALS) {
    const { kept } = counters[ITEM_KIND[signal]];
    for (const copy of [again, fromJson]) {
      const imported = copy.counters()[ITEM_KIND[signal]];
      assertFact(
        imported.kept + imported.evicted === kept,
        `${signal}: ${kept} kept, but ${JSON.stringify(imported)} after export and import`,
      );
    }
  }
  const twice = readAll(again);
  assertFact(
    twice.length === held.length &&
      twice.every(({ bytes }, at) => Buffer.compare(bytes, held[at].bytes) === 0),
    'what is exported again is the same bytes',
  );
}

const CLOCK = { nowMs: () => 1_700_000_000_000, ticksMs: () => 0 };

function takeBack(store: Store, signal: Signal, bytes: Uint8Array): void {
  const result = store.ingest(signal, [bytes], bytes.length);
  if (!result.ok) throw new Error(`exported ${signal} are refused: ${result.message}`);
}
