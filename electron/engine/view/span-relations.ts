/** Spans that stand in a relation to one span: those that repeat it, and those that link to it. */
import type { LinkedSpan, SpanRepeats } from '../../../proto/live/methods-span.ts';
import { SPAN, SPAN_LINK } from '../../../proto/otlp/fields.ts';
import { unixNano } from '../../../proto/units.ts';
import {
  SEGMENT_BITS,
  SLOT_MASK,
  SPAN_FLAG,
  type SpanSegment,
  type StoreRead,
} from '../store/schema.ts';
import { Cursor, WIRE, WireError } from '../wire/cursor.ts';
import { decodeSpan } from '../wire/decode.ts';
import { hexInto, spanIdText } from './hex.ts';
import { parentIdLo } from '../store/parent-id.ts';
import { spanDurationNs } from './span-set.ts';
import { attributeText } from './value-text.ts';

/** Spans of one name whose bytes are read to compare queries: 4 µs each. */
const MAX_COMPARED = 5000;
const SPANS_PER_STEP = 256;
/** Columns alone are cheap; most spans have no links. */
const LINK_SPANS_PER_STEP = 2048;
const QUERY_KEYS: readonly string[] = ['db.query.text', 'db.statement'];

function bytesOf(store: StoreRead, segment: SpanSegment, slot: number): Uint8Array {
  return store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot]);
}

/** The query text of a span; '' without one. */
function queryText(store: StoreRead, segment: SpanSegment, slot: number): string {
  return orIfBroken('', () => {
    const { attributes } = decodeSpan(bytesOf(store, segment, slot));
    const found = attributes.findLast(({ key }) => QUERY_KEYS.includes(key))?.value;
    return found === undefined ? '' : attributeText(found);
  });
}

/** The scan jumps over attributes and links, so that stored ones may be broken: they say nothing. */
function orIfBroken<T>(broken: T, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return broken;
    throw error;
  }
}

/** Counts the spans of one trace that do the same as a span, a step at a time. */
export class RepeatSearch {
  readonly #store: StoreRead;
  readonly #segment: SpanSegment;
  readonly #slot: number;
  readonly #service: number;
  readonly #query: string;
  /** An eviction breaks the chain of the trace's spans; this tells of one. */
  readonly #begin: number;
  #next: number;
  #compared = 0;
  #count = 0;
  #siblings = 0;
  #totalNs = 0;
  #isCut = false;

  /** `row`: the span's row in the span table. */
  constructor(store: StoreRead, row: number) {
    const segment = store.spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`span row ${row} has no segment`);
    this.#store = store;
    this.#segment = segment;
    this.#slot = row & SLOT_MASK;
    this.#service = store.resources.service(segment.resourceOf(this.#slot));
    this.#query = queryText(store, segment, this.#slot);
    this.#next = store.traces.firstSpanOf(segment.trace[this.#slot]);
    this.#begin = store.spans.begin;
  }

  /** Looks at some more spans of the trace; true when all were seen. */
  step(): boolean {
    if (this.#store.spans.begin !== this.#begin) this.#isCut = true;
    for (let i = 0; i < SPANS_PER_STEP && !this.#isCut; i++) {
      const segment = this.#store.spans.segments[this.#next >>> SEGMENT_BITS];
      if (this.#next === -1 || segment === undefined) return true;
      this.#look(segment, this.#next & SLOT_MASK);
      this.#next = segment.nextInTrace[this.#next & SLOT_MASK];
    }
    return this.#isCut;
  }

  #look(segment: SpanSegment, slot: number): void {
    const like = this.#segment;
    const at = this.#slot;
    if (segment.name[slot] !== like.name[at] || segment.kind[slot] !== like.kind[at]) return;
    if ((segment.flags[slot] & SPAN_FLAG.superseded) !== 0) return;
    if (this.#store.resources.service(segment.resourceOf(slot)) !== this.#service) return;
    if (++this.#compared > MAX_COMPARED) {
      this.#isCut = true;
      return;
    }
    if (queryText(this.#store, segment, slot) !== this.#query) return;
    this.#count++;
    this.#totalNs += spanDurationNs(this.#store, this.#next);
    const { spans } = this.#store;
    const isSibling =
      segment.parentIdHi[slot] === like.parentIdHi[at] &&
      parentIdLo(spans, segment, slot) === parentIdLo(spans, like, at);
    if (isSibling) this.#siblings++;
  }

  result(): SpanRepeats {
    return {
      count: this.#count,
      siblings: this.#siblings,
      totalNs: this.#totalNs,
      isCut: this.#isCut,
    };
  }
}

/** Finds the spans in memory that link to a span, newest first, a step at a time. */
export class LinkSearch {
  readonly #store: StoreRead;
  readonly #limit: number;
  readonly #traceId = new Uint8Array(16);
  readonly #spanId = new Uint8Array(8);
  readonly #cursor = new Cursor(new Uint8Array(0));
  readonly #found: LinkedSpan[] = [];
  #next: number;
  #total = 0;

  constructor(store: StoreRead, traceId: string, spanId: string, limit: number) {
    this.#store = store;
    this.#limit = limit;
    hexInto(this.#traceId, 0, traceId);
    hexInto(this.#spanId, 0, spanId);
    this.#next = store.spans.end - 1;
  }

  /** Looks at some more spans; true when all were seen. */
  step(): boolean {
    const { spans } = this.#store;
    if (this.#next >= spans.end) return true; // Cleared meanwhile: ordinals start anew.
    let left = LINK_SPANS_PER_STEP;
    for (; this.#next >= spans.begin && left > 0; this.#next--) {
      const row = spans.rowOf(this.#next);
      const segment = spans.segments[row >>> SEGMENT_BITS];
      const slot = row & SLOT_MASK;
      left--;
      if (segment === undefined || segment.linkCount[slot] === 0) continue;
      if ((segment.flags[slot] & SPAN_FLAG.superseded) !== 0) continue;
      left -= 16; // Reading bytes takes about that much longer than a look at the column.
      const bytes = bytesOf(this.#store, segment, slot);
      if (orIfBroken(false, () => this.#links(bytes))) this.#add(segment, slot, row);
    }
    return this.#next < spans.begin;
  }

  #add(segment: SpanSegment, slot: number, row: number): void {
    this.#total++;
    if (this.#found.length >= this.#limit) return;
    const { strings, resources, traces } = this.#store;
    this.#found.push({
      traceId: traces.get(segment.trace[slot]).traceId,
      spanId: spanIdText(segment.spanIdHi[slot], segment.spanIdLo[slot]),
      service: strings.get(resources.service(segment.resourceOf(slot))),
      name: strings.get(segment.name[slot]),
      startTimeUnixNano: unixNano(segment.startHi[slot], segment.startLo[slot]).toString(),
      durationNs: spanDurationNs(this.#store, row),
    });
  }

  /** Whether an encoded span has a link with the wanted ids. Throws WireError. */
  #links(bytes: Uint8Array): boolean {
    const cursor = this.#cursor.reset(bytes, 0, bytes.length);
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      if (tag !== ((SPAN.links << 3) | WIRE.len)) {
        cursor.skip(tag);
        continue;
      }
      const end = cursor.enter();
      const isWanted = this.#isWanted();
      cursor.leave(end);
      if (isWanted) return true;
    }
    return false;
  }

  #isWanted(): boolean {
    const cursor = this.#cursor;
    let hasTrace = false;
    let hasSpan = false;
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      const field = tag >>> 3;
      if ((tag & 7) !== WIRE.len || (field !== SPAN_LINK.traceId && field !== SPAN_LINK.spanId)) {
        cursor.skip(tag);
        continue;
      }
      const end = cursor.enter();
      const wanted = field === SPAN_LINK.traceId ? this.#traceId : this.#spanId;
      const isEqual = isAt(cursor.bytes, cursor.pos, cursor.end, wanted);
      if (field === SPAN_LINK.traceId) hasTrace = isEqual;
      else hasSpan = isEqual;
      cursor.pos = cursor.end;
      cursor.leave(end);
    }
    return hasTrace && hasSpan;
  }

  result(): { readonly total: number; readonly spans: readonly LinkedSpan[] } {
    return { total: this.#total, spans: this.#found };
  }
}

function isAt(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}
