/**
 * Reads one trace after the other out of the store into columns that are used again for each: of many
 * small traces, what is allocated a trace costs more than what is read. Parents, missing ones, cycles
 * and bad times are settled as `collectSpans` and `orderTree` do it for the layout of one trace.
 */
import { diffNs } from '../../../proto/units.ts';
import {
  SEGMENT_BITS,
  SEGMENT_ROWS,
  SLOT_MASK,
  SPAN_FLAG,
  STATUS_SHIFT,
  type SpanTable,
  type StoreRead,
} from '../store/schema.ts';
import { MissingParents, NO_PARENT } from './flame-input.ts';
import type { MergeKeys } from './merge-keys.ts';
import { FOLD_KEY } from './merge-tree.ts';

const STATUS_ERROR = 2;

/**
 * Nodes of one trace: spans 0 … count-1 in order of arrival, then one inferred node for each parent that
 * was not received. Every column is live until the next `read`, and longer than there are nodes.
 */
export class TraceReader {
  count = 0;
  /** Spans and inferred nodes. */
  total = 0;
  /** ns from the trace's start; no end is before its start. */
  start = new Float64Array(64);
  end = new Float64Array(64);
  /** Node, or NO_PARENT. There are no cycles. */
  parent = new Int32Array(64);
  /** The span's key; FOLD_KEY.notReceived for inferred nodes. */
  key = new Int32Array(64);
  isError = new Uint8Array(64);
  /** All nodes, parents before their children. */
  order = new Int32Array(64);

  #rows = new Int32Array(64);
  /** Index of a row in its trace, by segment and slot; of meaning for rows of the trace that is read. */
  readonly #indexes: (Int32Array | undefined)[] = [];
  #path = new Int32Array(64);
  #state = new Int32Array(64);

  /** Reads the trace at a live row. O(spans). */
  read(store: StoreRead, keys: MergeKeys, traceRow: number): void {
    const { spans, traces } = store;
    spans.resolveParents(traceRow);
    const spanCount = traces.spanCountOf(traceRow);
    this.#reserve(spanCount);
    this.#readChain(store, keys, traces.firstSpanOf(traceRow), spanCount);
    this.#settleTimes();
    this.total = this.count;
    if (this.#indexParents(spans)) this.#inferMissing(spans);
    this.#putInOrder();
  }

  /**
   * Hot loop: the trace's spans, with rows for parents, and times from those of the first span. A start
   * that was not set is NaN.
   */
  #readChain(store: StoreRead, keys: MergeKeys, firstSpan: number, spanCount: number): void {
    const { segments } = store.spans;
    const { start, end, parent, key, isError } = this;
    const rows = this.#rows;
    let hasBase = false;
    let baseHi = 0;
    let baseLo = 0;
    let count = 0;
    for (let row = firstSpan; row !== -1 && count < spanCount;) {
      const index = row >>> SEGMENT_BITS;
      const segment = segments[index];
      if (segment === undefined) throw new Error(`span row ${row} has no segment`);
      const { startHi, startLo, endHi, endLo, flags, parentLink, nextInTrace } = segment;
      const indexAt = (this.#indexes[index] ??= new Int32Array(SEGMENT_ROWS));
      for (; row >>> SEGMENT_BITS === index && count < spanCount; count++) {
        const slot = row & SLOT_MASK;
        const hi = startHi[slot];
        const lo = startLo[slot];
        const isSet = (hi | lo) !== 0;
        if (!hasBase && (isSet || (endHi[slot] | endLo[slot]) !== 0)) {
          hasBase = true;
          baseHi = isSet ? hi : endHi[slot];
          baseLo = isSet ? lo : endLo[slot];
        }
        rows[count] = row;
        indexAt[slot] = count;
        start[count] = isSet ? diffNs(hi, lo, baseHi, baseLo) : NaN;
        end[count] = diffNs(endHi[slot], endLo[slot], baseHi, baseLo);
        parent[count] = (flags[slot] & SPAN_FLAG.resolved) === 0 ? -1 : parentLink[slot];
        key[count] = keys.keyOf(store, segment, slot);
        isError[count] = flags[slot] >>> STATUS_SHIFT === STATUS_ERROR ? 1 : 0;
        row = nextInTrace[slot];
      }
    }
    this.count = count;
  }

  /** Times from the earliest start; a start that was not set is where the span ends. */
  #settleTimes(): void {
    const { start, end, count } = this;
    let base = Infinity;
    for (let i = 0; i < count; i++) if (start[i] < base) base = start[i];
    if (base === Infinity) base = 0;
    for (let i = 0; i < count; i++) {
      const to = end[i] - base;
      let from = start[i] - base;
      if (Number.isNaN(from)) from = to > 0 ? to : 0;
      start[i] = from;
      end[i] = to > from ? to : from;
    }
  }

  /** Puts indexes in the place of rows. Whether a parent was not received. */
  #indexParents({ segments }: SpanTable): boolean {
    const { parent, count } = this;
    const rows = this.#rows;
    let hasMissing = false;
    for (let i = 0; i < count; i++) {
      const row = parent[i];
      if (row >= 0) {
        parent[i] = this.#indexes[row >>> SEGMENT_BITS]?.[row & SLOT_MASK] ?? NO_PARENT;
        continue;
      }
      const segment = segments[rows[i] >>> SEGMENT_BITS];
      const slot = rows[i] & SLOT_MASK;
      if (segment?.isChild(slot) === true) hasMissing = true;
    }
    return hasMissing;
  }

  /** Adds a node for each missing parent, from its first child's start to its last one's end. */
  #inferMissing({ segments }: SpanTable): void {
    const missing = new MissingParents();
    const { count } = this;
    for (let i = 0; i < count; i++) {
      const segment = segments[this.#rows[i] >>> SEGMENT_BITS];
      const slot = this.#rows[i] & SLOT_MASK;
      if (this.parent[i] !== NO_PARENT || segment?.isChild(slot) !== true) continue;
      if ((segment.flags[slot] & SPAN_FLAG.resolved) !== 0) continue;
      const hi = segment.parentIdHi[slot];
      const lo = segment.parentLink[slot];
      const node = count + missing.add(hi, lo);
      this.parent[i] = node;
      if (node === this.total) this.#addInferred();
      this.start[node] = Math.min(this.start[node], this.start[i]);
      this.end[node] = Math.max(this.end[node], this.end[i]);
    }
  }

  #addInferred(): void {
    const node = this.total++;
    this.#reserve(this.total);
    this.start[node] = Infinity;
    this.end[node] = -Infinity;
    this.parent[node] = NO_PARENT;
    this.key[node] = FOLD_KEY.notReceived;
    this.isError[node] = 0;
  }

  /**
   * Orders the nodes so that parents come first: up from each node to one that has its place, and back
   * down. A cycle is cut above its earliest span.
   */
  #putInOrder(): void {
    const { total, parent, order } = this;
    const state = this.#state;
    const path = this.#path;
    // 0: not seen, -1: has its place, others: on the way up that started at this node, plus one.
    state.fill(0, 0, total);
    let placed = 0;
    for (let first = 0; first < total; first++) {
      let length = 0;
      let node = first;
      while (node !== NO_PARENT && state[node] !== -1) {
        if (state[node] === first + 1) {
          this.#cutCycle(node);
          // Up again from where the cycle is open.
          for (let i = 0; i < length; i++) state[path[i]] = 0;
          length = 0;
          node = first;
          continue;
        }
        state[node] = first + 1;
        path[length++] = node;
        node = parent[node];
      }
      while (length > 0) {
        const below = path[--length];
        state[below] = -1;
        order[placed++] = below;
      }
    }
  }

  #cutCycle(node: number): void {
    const { parent, start } = this;
    let earliest = node;
    for (let member = parent[node]; member !== node; member = parent[member]) {
      if (start[member] < start[earliest]) earliest = member;
    }
    parent[earliest] = NO_PARENT;
  }

  /** Gives back what a large trace took, and what was noted of rows. */
  clear(): void {
    this.#indexes.length = 0;
    if (this.start.length > KEPT_NODES) this.#resize(64);
  }

  #reserve(length: number): void {
    if (length > this.start.length) this.#resize(Math.max(length, this.start.length * 2));
  }

  #resize(size: number): void {
    this.start = resized(new Float64Array(size), this.start);
    this.end = resized(new Float64Array(size), this.end);
    this.parent = resized(new Int32Array(size), this.parent);
    this.key = resized(new Int32Array(size), this.key);
    this.isError = resized(new Uint8Array(size), this.isError);
    this.order = resized(new Int32Array(size), this.order);
    this.#rows = resized(new Int32Array(size), this.#rows);
    this.#path = resized(new Int32Array(size), this.#path);
    this.#state = resized(new Int32Array(size), this.#state);
  }
}

/** Columns of this length at most outlive a merge. */
export const KEPT_NODES = 4096;

/** `to`, with as much of `from` as it holds. */
export function resized<T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(
  to: T,
  from: T,
): T {
  to.set(from.length > to.length ? from.subarray(0, to.length) : from);
  return to;
}
