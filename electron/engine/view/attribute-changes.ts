/**
 * Which attribute values tell one set of traces from another: for each value that a span or its
 * resource has, the traces that have it, and how long they take.
 */
import { SPAN, RESOURCE } from '../../../proto/otlp/fields.ts';
import {
  FLAME_DIFF_LEAST,
  type AttributeChange,
  type AttributeChanges,
} from '../../../proto/live/topics.ts';
import { FieldFinder } from '../query/attribute-walk.ts';
import { lengthBefore } from '../store/batch-table.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { Cursor, WIRE } from '../wire/cursor.ts';
import { readKeyValue } from '../wire/decode-values.ts';
import { attributeText } from '../wire/value-text.ts';
import { falseDiscoveryRates, FisherTest } from './fisher-test.ts';
import { rankTest } from './rank-test.ts';

/** Traces and spans of a side that are looked at: a few hundred ms of slices in all. */
const MAX_TRACES = 1000;
const MAX_SPANS = 25_000;
/** Values that are counted: beyond, there are ids among them. */
const MAX_VALUES = 20_000;
/** Values of the answer. */
const MAX_CHANGES = 200;
const MAX_VALUE_LENGTH = 200;
/** Spans between two yields. */
const STEP_SPANS = 64;
/** Below this a difference is called one, and comes before all that is not. */
const LEVEL = 0.05;

const SPAN_TAG = (SPAN.attributes << 3) | WIRE.len;
const RESOURCE_TAG = (RESOURCE.attributes << 3) | WIRE.len;

interface Value {
  readonly key: string;
  readonly value: string;
  /** Durations of the traces that have it, ns, by side. */
  readonly times: readonly [a: number[], b: number[]];
  /** Number of the last trace that had it. */
  last: number;
}

/**
 * Compares traces at these rows, newest first; the oldest are left out where there are too many. A
 * generator of steps below a millisecond, but for the last one, which is a few: it ranks.
 */
export function* compareAttributes(
  store: StoreRead,
  a: Int32Array,
  b: Int32Array,
): Generator<undefined, AttributeChanges> {
  const census = new Census(store);
  const aTraces = yield* census.read(a, 0);
  const bTraces = yield* census.read(b, 1);
  const values = [...census.values.values()];
  const isPartial = census.isFull || aTraces < a.length || bTraces < b.length;
  return {
    changes: rank(values, aTraces, bTraces),
    aTraces,
    bTraces,
    values: values.length,
    isPartial,
  };
}

class Census {
  readonly values = new Map<string, Value>();
  isFull = false;
  readonly #store: StoreRead;
  readonly #finder = new FieldFinder();
  readonly #cursor = new Cursor(new Uint8Array(0));
  /** Values by resource row, as long as the store does not change. */
  readonly #resources = new Map<number, readonly Value[]>();
  #generation = -1;
  #trace = 0;

  constructor(store: StoreRead) {
    this.#store = store;
  }

  /** Counts the values of a side's traces; returns how many were looked at. */
  *read(rows: Int32Array, side: 0 | 1): Generator<undefined, number> {
    const { traces } = this.#store;
    const ordinals = Float64Array.from(rows, (row) => traces.ordinalOf(row));
    let spans = 0;
    let read = 0;
    for (let i = 0; i < rows.length && read < MAX_TRACES && spans < MAX_SPANS; i++) {
      if (!traces.isLive(rows[i], ordinals[i])) continue;
      this.#trace++;
      read++;
      const generation = traces.generationOf(rows[i]);
      const durationNs = traces.durationNsOf(rows[i]);
      for (let row = traces.firstSpanOf(rows[i]), left = STEP_SPANS; row !== -1; left--) {
        if (left === 0) {
          left = STEP_SPANS;
          yield;
          // What is gone or has changed meanwhile is counted as far as it was read.
          const isSame =
            traces.isLive(rows[i], ordinals[i]) && traces.generationOf(rows[i]) === generation;
          if (!isSame) break;
        }
        spans++;
        row = this.#readSpan(row, side, durationNs);
      }
      yield;
    }
    return read;
  }

  /** The next span of the trace. */
  #readSpan(row: number, side: 0 | 1, durationNs: number): number {
    const store = this.#store;
    if (store.spans.generation !== this.#generation) this.#resources.clear();
    this.#generation = store.spans.generation;
    const segment = store.spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) return -1;
    const slot = row & SLOT_MASK;
    const bytes = store.batches.slabBytes(segment.batchOf(slot));
    const start = segment.offset[slot];
    this.#count(
      this.#valuesIn(bytes, start, start + lengthBefore(bytes, start), SPAN_TAG),
      side,
      durationNs,
    );
    this.#count(this.#ofResource(segment.resourceOf(slot)), side, durationNs);
    return segment.nextInTrace[slot];
  }

  #ofResource(row: number): readonly Value[] {
    let values = this.#resources.get(row);
    if (values === undefined) {
      const bytes = this.#store.resources.bytes(row);
      values = this.#valuesIn(bytes, 0, bytes.length, RESOURCE_TAG);
      this.#resources.set(row, values);
    }
    return values;
  }

  #count(values: readonly Value[], side: 0 | 1, durationNs: number): void {
    for (const value of values) {
      if (value.last === this.#trace) continue;
      value.last = this.#trace;
      value.times[side].push(durationNs);
    }
  }

  #valuesIn(bytes: Uint8Array, start: number, end: number, tag: number): Value[] {
    const found: Value[] = [];
    const finder = this.#finder;
    finder.reset(bytes, start, end, tag);
    while (finder.next()) {
      this.#cursor.reset(bytes, finder.start, finder.end);
      const { key, value } = readKeyValue(this.#cursor);
      if (value === undefined || value.type === 'empty' || value.type === 'kvlist') continue;
      const known = this.#valueOf(key, attributeText(value).slice(0, MAX_VALUE_LENGTH));
      if (known !== undefined) found.push(known);
    }
    return found;
  }

  #valueOf(key: string, value: string): Value | undefined {
    const id = `${key}\n${value}`;
    let known = this.values.get(id);
    if (known === undefined) {
      if (this.values.size === MAX_VALUES) {
        this.isFull = true;
        return undefined;
      }
      known = { key, value, times: [[], []], last: 0 };
      this.values.set(id, known);
    }
    return known;
  }
}

function rank(values: readonly Value[], aTraces: number, bTraces: number): AttributeChange[] {
  const fisher = new FisherTest(aTraces, bTraces);
  const shareQ = falseDiscoveryRates(
    values.map(({ times: [a, b] }) => fisher.p(a.length, b.length)),
  );
  const timeQ = falseDiscoveryRates(values.map(({ times }) => timeP(times)));
  const changes = values.map(({ key, value, times: [a, b] }, i): AttributeChange => {
    const q = timeQ[i];
    return {
      key,
      value,
      aTraces: a.length,
      bTraces: b.length,
      aMeanNs: meanOf(a),
      bMeanNs: meanOf(b),
      shareQ: shareQ[i],
      timeQ: Number.isNaN(q) ? null : q,
    };
  });
  const shareOf = (change: AttributeChange): number =>
    Math.abs(change.bTraces / Math.max(1, bTraces) - change.aTraces / Math.max(1, aTraces));
  const timeOf = ({ aMeanNs, bMeanNs }: AttributeChange): number =>
    aMeanNs === null || bMeanNs === null ? 0 : Math.abs(bMeanNs - aMeanNs);
  const classOf = ({ shareQ: share, timeQ: time }: AttributeChange): number =>
    share < LEVEL ? 0 : time !== null && time < LEVEL ? 1 : 2;
  changes.sort(
    (x, y) =>
      classOf(x) - classOf(y) ||
      shareOf(y) - shareOf(x) ||
      timeOf(y) - timeOf(x) ||
      (x.key + x.value < y.key + y.value ? -1 : 1),
  );
  return changes.slice(0, MAX_CHANGES);
}

/** NaN where a side has too few. */
function timeP([a, b]: Value['times']): number {
  if (Math.min(a.length, b.length) < FLAME_DIFF_LEAST) return NaN;
  return rankTest(Float64Array.from(a), Float64Array.from(b)).p;
}

function meanOf(times: readonly number[]): number | null {
  if (times.length === 0) return null;
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}
