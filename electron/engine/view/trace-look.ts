/** What a trace list row shows beyond the trace's own columns: its shape and its root's status. */
import { METHOD_STATUS_KEYS } from './attribute-keys.ts';
import { diffNs } from '../../../proto/units.ts';
import {
  SEGMENT_BITS,
  SLOT_MASK,
  type SpanSegment,
  type StoreRead,
  type TraceRow,
} from '../store/schema.ts';
import { decodeSpan } from '../wire/decode.ts';
import { attributeText } from './value-text.ts';

/** The five-level miniature of a trace, scaled to its own length. */
export interface TraceShape {
  readonly count: number;
  /** In 1/65535 of the trace's length. */
  readonly x0: Uint16Array;
  readonly x1: Uint16Array;
  readonly lane: Uint8Array;
  /** String rows. */
  readonly service: Int32Array;
}

export interface TraceLook {
  readonly shape: TraceShape;
  /** HTTP or RPC status code of the root as text; '' when it has none. */
  readonly statusText: string;
  /** Whether every parent that a span names was received. */
  readonly hasAllParents: boolean;
  /** Arrival of the newest span, ms since the Unix epoch. */
  readonly lastSpanMs: number;
  /** The trace's generation that this was made of: large traces keep an older look for a second. */
  readonly generation: number;
}

const MAX_BOXES = 64;
const LEVELS = 5;
/** Traces above this many spans keep their shape for a second while they grow. */
const LARGE_TRACE_SPANS = 2000;
export const LARGE_TRACE_KEEP_MS = 1000;
/** Looks remembered: several windows of rows. */
const CACHE_TRACES = 2048;

interface Entry extends TraceLook {
  readonly ordinal: number;
  readonly builtMs: number;
}

/** Builds looks and remembers them until the trace changes. */
export class TraceLooks {
  readonly #store: StoreRead;
  readonly #byRow = new Map<number, Entry>();

  constructor(store: StoreRead) {
    this.#store = store;
  }

  get(row: number, trace: TraceRow, nowMs: number): TraceLook {
    const kept = this.#byRow.get(row);
    if (kept?.ordinal === trace.ordinal) {
      const isRecent =
        trace.spanCount > LARGE_TRACE_SPANS && nowMs - kept.builtMs < LARGE_TRACE_KEEP_MS;
      if (kept.generation === trace.generation || isRecent) return kept;
    }
    if (this.#byRow.size >= CACHE_TRACES) this.#byRow.clear();
    const entry = {
      ordinal: trace.ordinal,
      generation: trace.generation,
      builtMs: nowMs,
      ...walkSpans(this.#store, row, trace),
      statusText: rootStatusText(this.#store, trace.rootSpan),
    };
    this.#byRow.set(row, entry);
    return entry;
  }
}

interface Candidate {
  readonly start: number;
  readonly length: number;
  readonly lane: number;
  readonly service: number;
}

/** Walks the trace's spans for all that a look says of them. O(spans). */
function walkSpans(
  store: StoreRead,
  row: number,
  trace: TraceRow,
): Pick<TraceLook, 'shape' | 'hasAllParents' | 'lastSpanMs'> {
  const { spans, resources } = store;
  spans.resolveParents(row);
  let candidates: Candidate[] = [];
  let threshold = -1;
  let hasAllParents = true;
  let lastBatch = -1;
  for (let span = trace.firstSpan; span !== -1;) {
    const segment = spans.segments[span >>> SEGMENT_BITS];
    if (segment === undefined) break;
    const slot = span & SLOT_MASK;
    lastBatch = segment.batchOf(slot);
    if (isOrphan(segment, slot)) hasAllParents = false;
    const length = Math.max(0, lengthNs(segment, slot));
    const lane = length > threshold ? levelOf(store, span) : LEVELS;
    if (lane < LEVELS) {
      const { startHi, startLo } = segment;
      const start = diffNs(startHi[slot], startLo[slot], trace.startHi, trace.startLo);
      candidates.push({
        start,
        length,
        lane,
        service: resources.service(segment.resourceOf(slot)),
      });
    }
    if (candidates.length === MAX_BOXES * 4) {
      candidates = widest(candidates);
      threshold = candidates[MAX_BOXES - 1].length;
    }
    span = segment.nextInTrace[slot];
  }
  return {
    // The widest boxes of the upper five levels.
    shape: packShape(widest(candidates), trace.durationNs),
    hasAllParents,
    lastSpanMs: lastBatch === -1 ? -Infinity : store.batches.arrivalMs(lastBatch),
  };
}

/** Whether a span names a parent that was not received. Parents are resolved. */
function isOrphan(segment: SpanSegment, slot: number): boolean {
  return (
    segment.parentRow[slot] === -1 && (segment.parentIdHi[slot] | segment.parentIdLo[slot]) !== 0
  );
}

function lengthNs(segment: SpanSegment, slot: number): number {
  const { startHi, startLo, endHi, endLo } = segment;
  return diffNs(endHi[slot], endLo[slot], startHi[slot], startLo[slot]);
}

function widest(candidates: Candidate[]): Candidate[] {
  return candidates.sort((a, b) => b.length - a.length || a.lane - b.lane).slice(0, MAX_BOXES);
}

/** Depth of a span, at most LEVELS; a span whose parent is missing is one below the top. */
function levelOf(store: StoreRead, row: number): number {
  const { segments } = store.spans;
  let level = 0;
  let at = row;
  while (level < LEVELS) {
    const segment = segments[at >>> SEGMENT_BITS];
    if (segment === undefined) return LEVELS;
    const slot = at & SLOT_MASK;
    const parent = segment.parentRow[slot];
    if (parent === -1) return level + (isOrphan(segment, slot) ? 1 : 0);
    at = parent;
    level++;
  }
  return LEVELS;
}

function packShape(boxes: Candidate[], durationNs: number): TraceShape {
  boxes.sort((a, b) => a.lane - b.lane || a.start - b.start);
  const count = boxes.length;
  const shape = {
    count,
    x0: new Uint16Array(count),
    x1: new Uint16Array(count),
    lane: new Uint8Array(count),
    service: new Int32Array(count),
  };
  const scale = durationNs > 0 ? 65535 / durationNs : 0;
  boxes.forEach((box, i) => {
    shape.x0[i] = Math.min(65535, Math.round(box.start * scale));
    shape.x1[i] = durationNs > 0 ? Math.min(65535, (box.start + box.length) * scale) : 65535;
    shape.lane[i] = box.lane;
    shape.service[i] = box.service;
  });
  return shape;
}

/** HTTP or RPC status code of a root span as text; '' when it has none, or for -1. */
export function rootStatusText(store: StoreRead, rootSpan: number): string {
  if (rootSpan === -1) return '';
  const segment = store.spans.segments[rootSpan >>> SEGMENT_BITS];
  if (segment === undefined) return '';
  const slot = rootSpan & SLOT_MASK;
  const span = decodeSpan(
    store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot], segment.length[slot]),
  );
  for (const key of METHOD_STATUS_KEYS) {
    const attribute = span.attributes.find((candidate) => candidate.key === key);
    if (attribute?.value !== undefined) return attributeText(attribute.value);
  }
  return '';
}
