/** Packs rows of the trace list into the columns of the `traces` topic. */
import { TRACE_FLAG, type TracesColumns } from '../../../proto/live/topics.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead, type TraceRow } from '../store/schema.ts';
import { hexInto } from './hex.ts';
import { LocalStrings } from './local-strings.ts';
import { LARGE_TRACE_KEEP_MS, type TraceLooks } from './trace-look.ts';

/** More spans of an incomplete trace are expected for this long after the last one. */
const RECEIVING_MS = 5000;
/** Services named in a row. */
const MAX_SERVICES = 8;

export interface PackedTraces {
  readonly columns: TracesColumns;
  readonly strings: readonly string[];
  /** When a row gets old by itself, in ms from now: its `receiving` flag or its shape. */
  readonly staleInMs: number | null;
}

export function packTraces(
  store: StoreRead,
  looks: TraceLooks,
  rows: readonly number[],
  nowMs: number,
): PackedTraces {
  const count = rows.length;
  const strings = new LocalStrings(store.strings);
  const ordinal = new Float64Array(count);
  const traceId = new Uint8Array(count * 16);
  const startHi = new Uint32Array(count);
  const startLo = new Uint32Array(count);
  const durationNs = new Float64Array(count);
  const spanCount = new Uint32Array(count);
  const errorCount = new Uint32Array(count);
  const evictedCount = new Uint32Array(count);
  const flags = new Uint8Array(count);
  const nameStr = new Int32Array(count).fill(-1);
  const serviceStr = new Int32Array(count).fill(-1);
  const statusStr = new Int32Array(count).fill(-1);
  const services = new Ragged(count);
  const shapes = new ShapeColumns(count);
  let staleInMs: number | null = null;
  rows.forEach((row, i) => {
    const trace = store.traces.get(row);
    const look = looks.get(row, trace, nowMs);
    const serviceRows = store.traces.services(row, MAX_SERVICES);
    const isComplete = trace.rootSpan !== -1 && look.hasAllParents;
    const receivingMs = receivingForMs(isComplete, look.lastSpanMs, nowMs);
    const isOldLook = look.generation !== trace.generation;
    for (const ms of [receivingMs, isOldLook ? LARGE_TRACE_KEEP_MS : 0]) {
      if (ms > 0) staleInMs = Math.min(staleInMs ?? Infinity, ms);
    }
    ordinal[i] = trace.ordinal;
    hexInto(traceId, i * 16, trace.traceId);
    startHi[i] = trace.startHi;
    startLo[i] = trace.startLo;
    durationNs[i] = trace.durationNs;
    spanCount[i] = trace.spanCount;
    errorCount[i] = trace.errorCount;
    evictedCount[i] = trace.evictedCount;
    flags[i] = traceFlags(trace, receivingMs > 0);
    if (trace.rootSpan !== -1) nameStr[i] = strings.of(nameOf(store, trace.rootSpan));
    if (serviceRows.length > 0) serviceStr[i] = strings.of(serviceRows[0]);
    if (look.statusText !== '') statusStr[i] = strings.ofText(look.statusText);
    for (const service of serviceRows) services.values.push(strings.of(service));
    services.start[i + 1] = services.values.length;
    shapes.add(i, look.shape, strings);
  });
  return {
    columns: {
      ordinal,
      traceId,
      startHi,
      startLo,
      durationNs,
      spanCount,
      errorCount,
      evictedCount,
      flags,
      nameStr,
      serviceStr,
      statusStr,
      servicesStart: services.start,
      servicesStr: Int32Array.from(services.values),
      ...shapes.columns(),
    },
    strings: strings.all,
    staleInMs,
  };
}

/** How much longer a trace says that more is to come; 0 when it does not. */
export function receivingForMs(isComplete: boolean, lastSpanMs: number, nowMs: number): number {
  const restMs = lastSpanMs + RECEIVING_MS - nowMs;
  // An arrival far in the future was timed by a clock that has been set back since.
  if (isComplete || restMs <= 0 || restMs > 2 * RECEIVING_MS) return 0;
  return Math.min(RECEIVING_MS, restMs);
}

/** TRACE_FLAG bits of a trace. */
export function traceFlags(trace: TraceRow, isReceiving: boolean): number {
  return (
    (trace.rootSpan !== -1 ? TRACE_FLAG.hasRoot : 0) |
    (trace.errorCount > 0 ? TRACE_FLAG.hasError : 0) |
    (isReceiving ? TRACE_FLAG.receiving : 0) |
    (trace.partlyEvicted ? TRACE_FLAG.partlyEvicted : 0) |
    (trace.pinned ? TRACE_FLAG.pinned : 0) |
    (trace.rootCount > 1 ? TRACE_FLAG.severalRoots : 0)
  );
}

function nameOf(store: StoreRead, spanRow: number): number {
  return store.spans.segments[spanRow >>> SEGMENT_BITS]?.name[spanRow & SLOT_MASK] ?? -1;
}

/** Offsets of a ragged column, and its flat values. */
class Ragged {
  readonly start: Uint32Array;
  readonly values: number[] = [];

  constructor(rows: number) {
    this.start = new Uint32Array(rows + 1);
  }
}

class ShapeColumns {
  readonly #start: Uint32Array;
  readonly #x0: number[] = [];
  readonly #x1: number[] = [];
  readonly #lane: number[] = [];
  readonly #service: number[] = [];

  constructor(rows: number) {
    this.#start = new Uint32Array(rows + 1);
  }

  add(
    i: number,
    shape: {
      readonly x0: Uint16Array;
      readonly x1: Uint16Array;
      readonly lane: Uint8Array;
      readonly service: Int32Array;
    },
    strings: LocalStrings,
  ): void {
    this.#x0.push(...shape.x0);
    this.#x1.push(...shape.x1);
    this.#lane.push(...shape.lane);
    for (const service of shape.service) this.#service.push(strings.of(service));
    this.#start[i + 1] = this.#x0.length;
  }

  columns(): Pick<
    TracesColumns,
    'shapeStart' | 'shapeX0' | 'shapeX1' | 'shapeLane' | 'shapeServiceStr'
  > {
    return {
      shapeStart: this.#start,
      shapeX0: Uint16Array.from(this.#x0),
      shapeX1: Uint16Array.from(this.#x1),
      shapeLane: Uint8Array.from(this.#lane),
      shapeServiceStr: Int32Array.from(this.#service),
    };
  }
}
