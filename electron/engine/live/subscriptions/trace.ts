/** The `trace` topic: the layout of one trace, large ones in several frames. */
import type { TraceColumns, TraceMeta } from '../../../../proto/live/topics.ts';
import type { CriticalPath } from '../../view/critical-path.ts';
import { layoutTrace, type FlameLayout } from '../../view/flame-layout.ts';
import type { PlacedLanes } from '../../view/steady-lanes.ts';
import type { TraceRow } from '../../store/schema.ts';
import { receivingForMs, traceFlags } from '../../view/trace-rows.ts';
import type { LiveContext } from '../context.ts';
import { readFields, readTraceId } from '../params.ts';
import type { Built, BuiltFrame, OpenTopic, TopicSource } from '../topic.ts';

/** Boxes a frame: about 1 MB, a few ms to pack and to take in. */
const BOXES_PER_FRAME = 16_384;
/** Stretches of the critical path a frame, where it comes by itself. */
const STRETCHES_PER_FRAME = 49_152;
/** Small traces follow this closely what arrives. */
const MIN_INTERVAL_MS = 40;
/** Boxes sent a millisecond, at most: about 12 MB/s. */
const BOXES_PER_MS = 200;
/** A layout takes at most a tenth of the time. */
const COST_FACTOR = 10;
/** Boxes are moved to tidy up once no span has come for this long. */
const REST_MS = 300;

export const openTrace: OpenTopic = (context, params) => new TraceTopic(context, params);

interface Held {
  readonly row: number;
  readonly ordinal: number;
}

class TraceTopic implements TopicSource {
  readonly triggers = ['traces', 'logs'] as const;
  readonly #context: LiveContext;
  #traceId: string;
  #isCorrected: boolean;
  #held: Held | undefined;
  #layout: FlameLayout | undefined;
  #layoutNumber = 0;
  #laidOut: SpanState | undefined;
  #costMs = 0;
  /** The layout since which boxes keep their lanes, and when the newest one was made. */
  #steadySince = 0;
  #laidOutMs = 0;
  #nextBox = 0;
  #nextStretch = 0;
  #hasSentPath = false;
  #sentStrings = 0;
  #sentMeta = '';

  constructor(context: LiveContext, params: unknown) {
    this.#context = context;
    const fields = readFields(params);
    this.#traceId = readTraceId(fields);
    this.#isCorrected = fields.corrected === true;
  }

  get intervalMs(): number {
    const boxCount = this.#layout?.boxCount ?? 0;
    return Math.max(MIN_INTERVAL_MS, COST_FACTOR * this.#costMs, boxCount / BOXES_PER_MS);
  }

  update(params: unknown): void {
    const fields = readFields(params);
    const traceId = readTraceId(fields);
    const isCorrected = fields.corrected === true;
    if (traceId === this.#traceId && isCorrected === this.#isCorrected) return;
    this.close();
    this.#traceId = traceId;
    this.#isCorrected = isCorrected;
  }

  build(isFresh: boolean): Built {
    const { store } = this.#context;
    const held = this.#hold();
    if (held === undefined) return this.#buildAbsent(isFresh);
    const trace = store.traces.get(held.row);
    // A layout that is being sent is finished first: else a growing trace would never arrive whole.
    if (this.#layout !== undefined && !this.#hasSentPath && !isFresh) {
      return this.#nextBox < this.#layout.boxCount
        ? this.#buildPart(held, 'delta')
        : this.#buildPath(held, this.#layout);
    }
    const state = spanState(trace, store.spans.supersededCount);
    const isOld = this.#layout === undefined || haveSpansChanged(this.#laidOut, state);
    const before = this.#laidOut?.order === state.order ? this.#layout?.placed : undefined;
    this.#laidOut = state;
    if (isOld) {
      this.#relayout(held, before);
      return this.#buildPart(held, 'snapshot');
    }
    if (this.#untilRestMs() === 0) {
      this.#relayout(held, undefined);
      return this.#buildPart(held, 'snapshot');
    }
    if (isFresh) {
      this.#rewind();
      return this.#buildPart(held, 'snapshot');
    }
    return this.#buildHead(held);
  }

  close(): void {
    const { store } = this.#context;
    if (this.#held !== undefined && store.traces.isLive(this.#held.row, this.#held.ordinal)) {
      store.release(this.#held.row);
    }
    this.#held = undefined;
    this.#layout = undefined;
    this.#laidOut = undefined;
    this.#sentMeta = '';
    this.#costMs = 0;
  }

  /** Keeps the trace from eviction while it is looked at. */
  #hold(): Held | undefined {
    const { store } = this.#context;
    const held = this.#held;
    if (held !== undefined && store.traces.isLive(held.row, held.ordinal)) {
      if (store.traces.spanCountOf(held.row) > 0) return held;
    }
    if (held !== undefined) this.close();
    const row = store.traces.find(this.#traceId);
    if (row === -1 || store.traces.spanCountOf(row) === 0) return undefined;
    store.hold(row);
    this.#held = { row, ordinal: store.traces.ordinalOf(row) };
    return this.#held;
  }

  #relayout(held: Held, before: PlacedLanes | undefined): void {
    const { clock } = this.#context.options;
    const startedMs = clock.ticksMs();
    this.#layout = layoutTrace(this.#context.store, held.row, {
      before,
      isCorrected: this.#isCorrected,
    });
    this.#laidOutMs = clock.ticksMs();
    this.#costMs = this.#laidOutMs - startedMs;
    this.#layoutNumber++;
    if (before === undefined) this.#steadySince = this.#layoutNumber;
    this.#rewind();
  }

  /** Ms until the boxes can be tidied up; null when they lie as they should. */
  #untilRestMs(): number | null {
    if (this.#layout?.restLanes === undefined) return null;
    const restedMs = this.#context.options.clock.ticksMs() - this.#laidOutMs;
    return Math.max(0, Math.ceil(REST_MS - restedMs));
  }

  #rewind(): void {
    this.#nextBox = 0;
    this.#nextStretch = 0;
    this.#hasSentPath = false;
    this.#sentStrings = 0;
  }

  #buildPart(held: Held, kind: BuiltFrame['kind']): Built {
    const layout = this.#layout;
    if (layout === undefined) throw new Error('a part needs a layout');
    const from = this.#nextBox;
    const to = Math.min(from + BOXES_PER_FRAME, layout.boxCount);
    // A small trace comes in one piece. A large one is drawn before its critical path is looked for.
    this.#hasSentPath = to - from === layout.boxCount;
    const path = this.#hasSentPath ? layout.critical() : NO_PATH;
    const columns = cutColumns(layout.columns, from, to, path);
    const strings = layout.strings.slice(this.#sentStrings, stringsUpTo(columns));
    this.#sentStrings += strings.length;
    this.#nextBox = to;
    const meta = this.#meta(held, layout, from);
    this.#sentMeta = JSON.stringify({ ...meta, firstBox: 0 });
    return {
      frame: { kind, meta: { ...meta, strings }, columns },
      hasMore: !this.#hasSentPath,
      staleInMs: this.#staleInMs(held, layout),
    };
  }

  /** The next stretches of the critical path, behind all boxes. */
  #buildPath(held: Held, layout: FlameLayout): Built {
    const { clock } = this.#context.options;
    const startedMs = clock.ticksMs();
    const critical = layout.critical();
    this.#costMs += clock.ticksMs() - startedMs;
    const from = this.#nextStretch;
    const to = Math.min(from + STRETCHES_PER_FRAME, critical.box.length);
    this.#nextStretch = to;
    this.#hasSentPath = to === critical.box.length;
    const meta = this.#meta(held, layout, layout.boxCount);
    this.#sentMeta = JSON.stringify({ ...meta, firstBox: 0 });
    const columns = cutColumns(NO_BOXES, 0, 0, cutPath(critical, from, to));
    const staleInMs = this.#staleInMs(held, layout);
    return { frame: { kind: 'delta', meta, columns }, hasMore: !this.#hasSentPath, staleInMs };
  }

  /** Flags that changed alone go out as a part without boxes. */
  #buildHead(held: Held): Built {
    const layout = this.#layout;
    if (layout === undefined) return { frame: null };
    const meta = this.#meta(held, layout, layout.boxCount);
    const head = JSON.stringify({ ...meta, firstBox: 0 });
    const staleInMs = this.#staleInMs(held, layout);
    if (head === this.#sentMeta) return { frame: null, staleInMs };
    this.#sentMeta = head;
    const columns = cutColumns(NO_BOXES, 0, 0, NO_PATH);
    return { frame: { kind: 'delta', meta, columns }, staleInMs };
  }

  #staleInMs(held: Held, layout: FlameLayout): number | null {
    const receivingMs = this.#receivingForMs(this.#context.store.traces.get(held.row), layout);
    const untilRestMs = this.#untilRestMs();
    if (untilRestMs === null) return receivingMs > 0 ? receivingMs : null;
    return receivingMs > 0 ? Math.min(receivingMs, untilRestMs) : untilRestMs;
  }

  #receivingForMs(trace: TraceRow, layout: FlameLayout): number {
    const isComplete = trace.rootSpan !== -1 && layout.orphanCount === 0;
    return receivingForMs(isComplete, layout.lastSpanMs, this.#context.options.clock.nowMs());
  }

  #meta(held: Held, layout: FlameLayout, firstBox: number): TraceMeta {
    const trace = this.#context.store.traces.get(held.row);
    return {
      traceId: this.#traceId,
      state: 'present',
      layout: this.#layoutNumber,
      steadySince: this.#steadySince,
      boxCount: layout.boxCount,
      firstBox,
      hasPath: this.#hasSentPath,
      baseHi: layout.baseHi,
      baseLo: layout.baseLo,
      durationNs: layout.durationNs,
      spanCount: layout.spanCount,
      errorCount: trace.errorCount,
      evictedCount: trace.evictedCount,
      laneCount: layout.laneCount,
      maxDepth: layout.maxDepth,
      inferredCount: layout.inferredCount,
      orphanCount: layout.orphanCount,
      logCount: trace.logCount,
      flags: traceFlags(trace, this.#receivingForMs(trace, layout) > 0),
      skewCount: layout.skewCount,
      corrected: this.#isCorrected,
      criticalOverlaps: this.#hasSentPath ? layout.critical().overlapCount : 0,
      strings: [],
      rootBox: layout.rootBox,
      pinned: trace.pinned,
    };
  }

  #buildAbsent(isFresh: boolean): Built {
    if (this.#sentMeta === 'absent' && !isFresh) return { frame: null };
    this.#sentMeta = 'absent';
    const layout = ++this.#layoutNumber;
    const head = { traceId: this.#traceId, layout, steadySince: layout };
    const columns = cutColumns(NO_BOXES, 0, 0, NO_PATH);
    return { frame: { kind: 'snapshot', meta: { ...ABSENT, ...head }, columns } };
  }
}

/** What tells whether a trace's spans changed, and not only its log records or its pin. */
interface SpanState {
  readonly generation: number;
  /** Changes of the trace that are none of its spans. */
  readonly others: string;
  readonly spans: string;
  /** While this is the same, spans are only added behind those that were there. */
  readonly order: string;
}

/** A span that replaces one of equal count and time shows in the number of superseded ones. */
function spanState(trace: TraceRow, supersededCount: number): SpanState {
  const { spanCount, errorCount, rootCount, rootSpan, firstSpan } = trace;
  const { startHi, startLo, durationNs, evictedCount } = trace;
  const spans = [spanCount, errorCount, rootCount, rootSpan, firstSpan, startHi, startLo];
  return {
    generation: trace.generation,
    others: [trace.logCount, trace.firstLog, trace.pinned].join(),
    spans: [...spans, durationNs, evictedCount, supersededCount].join(),
    order: [firstSpan, evictedCount, supersededCount].join(),
  };
}

/** A change that neither log records nor the pin explain is one of the spans. */
function haveSpansChanged(before: SpanState | undefined, now: SpanState): boolean {
  if (before === undefined || before.spans !== now.spans) return true;
  return before.generation !== now.generation && before.others === now.others;
}

const ABSENT: Omit<TraceMeta, 'traceId' | 'layout' | 'steadySince'> = {
  state: 'absent',
  boxCount: 0,
  firstBox: 0,
  hasPath: false,
  baseHi: 0,
  baseLo: 0,
  durationNs: 0,
  spanCount: 0,
  errorCount: 0,
  evictedCount: 0,
  laneCount: 0,
  maxDepth: 0,
  inferredCount: 0,
  orphanCount: 0,
  logCount: 0,
  flags: 0,
  skewCount: 0,
  corrected: false,
  criticalOverlaps: 0,
  strings: [],
  rootBox: -1,
  pinned: false,
};

const NO_BOXES: FlameLayout['columns'] = {
  startNs: new Float64Array(0),
  endNs: new Float64Array(0),
  selfNs: new Float64Array(0),
  lane: new Uint32Array(0),
  depth: new Uint32Array(0),
  parentBox: new Int32Array(0),
  descendants: new Uint32Array(0),
  nameStr: new Int32Array(0),
  serviceStr: new Int32Array(0),
  kind: new Uint8Array(0),
  flags: new Uint8Array(0),
  eventCount: new Uint16Array(0),
  linkCount: new Uint16Array(0),
  spanId: new Uint8Array(0),
};

type Stretches = Pick<CriticalPath, 'box' | 'startNs' | 'endNs'>;

const NO_PATH: Stretches = {
  box: new Uint32Array(0),
  startNs: new Float64Array(0),
  endNs: new Float64Array(0),
};

/** Views of the stretches [from, to). */
function cutPath({ box, startNs, endNs }: Stretches, from: number, to: number): Stretches {
  return {
    box: box.subarray(from, to),
    startNs: startNs.subarray(from, to),
    endNs: endNs.subarray(from, to),
  };
}

/** Views of the boxes [from, to), and a part of the critical path. */
function cutColumns(
  columns: FlameLayout['columns'],
  from: number,
  to: number,
  path: Stretches,
): TraceColumns {
  return {
    startNs: columns.startNs.subarray(from, to),
    endNs: columns.endNs.subarray(from, to),
    selfNs: columns.selfNs.subarray(from, to),
    lane: columns.lane.subarray(from, to),
    depth: columns.depth.subarray(from, to),
    parentBox: columns.parentBox.subarray(from, to),
    descendants: columns.descendants.subarray(from, to),
    nameStr: columns.nameStr.subarray(from, to),
    serviceStr: columns.serviceStr.subarray(from, to),
    kind: columns.kind.subarray(from, to),
    flags: columns.flags.subarray(from, to),
    eventCount: columns.eventCount.subarray(from, to),
    linkCount: columns.linkCount.subarray(from, to),
    spanId: columns.spanId.subarray(from * 8, to * 8),
    criticalBox: path.box,
    criticalStartNs: path.startNs,
    criticalEndNs: path.endNs,
  };
}

/** One past the highest string that these boxes name: strings are numbered in box order. */
function stringsUpTo(columns: TraceColumns): number {
  let highest = -1;
  for (let i = 0; i < columns.nameStr.length; i++) {
    highest = Math.max(highest, columns.nameStr[i], columns.serviceStr[i]);
  }
  return highest + 1;
}
