/**
 * The flame graph of one trace: boxes in depth-first order with lanes, self times and flags, as the
 * columns of the `trace` topic. Inferred boxes stand for parents that were not received.
 */
import type { TraceColumns } from '../../../proto/live/topics.ts';
import type { StoreRead } from '../store/schema.ts';
import { findCriticalPath, pastWholeMs, type CriticalPath } from './critical-path.ts';
import { readFacts } from './flame-facts.ts';
import { collectSpans } from './flame-input.ts';
import { assignLanes, type FlameLanes } from './flame-lanes.ts';
import { orderTree, type FlameTree } from './flame-order.ts';
import { LocalStrings } from './local-strings.ts';
import { countSkew, withoutSkew } from './skew.ts';
import { keepLanes, type PlacedLanes } from './steady-lanes.ts';

type CriticalColumns = Pick<TraceColumns, 'criticalBox' | 'criticalStartNs' | 'criticalEndNs'>;

/** A finished layout. It is a copy: nothing in it refers to rows that may be evicted. */
export interface FlameLayout {
  readonly boxCount: number;
  readonly baseHi: number;
  readonly baseLo: number;
  readonly durationNs: number;
  /** Without the columns of the critical path. */
  readonly columns: Omit<TraceColumns, keyof CriticalColumns>;
  /** Finds the critical path when it is first asked for. O(n), see `findCriticalPath`. */
  readonly critical: () => CriticalPath;
  /** Where the spans are, for the layout after this one. */
  readonly placed: PlacedLanes;
  /** The lanes of a layout of its own, where boxes that kept theirs lie elsewhere. */
  readonly restLanes: FlameLanes | undefined;
  /** `nameStr` and `serviceStr` point here; a box names no string before an earlier box's new ones. */
  readonly strings: readonly string[];
  readonly spanCount: number;
  readonly laneCount: number;
  readonly maxDepth: number;
  readonly inferredCount: number;
  readonly orphanCount: number;
  readonly skewCount: number;
  /** Box of the trace's root span, or the first box. -1 in an empty layout. */
  readonly rootBox: number;
  /** Arrival of the newest span, ms since the Unix epoch; -Infinity in an empty layout. */
  readonly lastSpanMs: number;
}

export interface LayoutOptions {
  /** Where the spans of an earlier layout lie. */
  readonly before?: PlacedLanes | undefined;
  /** Puts the times of skewed servers right. */
  readonly isCorrected?: boolean;
}

/**
 * Lays out the trace at a row. O(n) for well-behaved traces; see `assignLanes`. Boxes that lay in `before`,
 * an earlier layout of the same spans and others, keep their lanes where they can.
 */
export function layoutTrace(
  store: StoreRead,
  traceRow: number,
  { before, isCorrected = false }: LayoutOptions = {},
): FlameLayout {
  const trace = store.traces.get(traceRow);
  const raw = collectSpans(store, traceRow);
  const rawTree = orderTree(raw);
  const rawFacts = readFacts(store, raw, rawTree);
  const input = isCorrected ? withoutSkew(raw, rawTree, rawFacts.columns) : raw;
  const tree = input === raw ? rawTree : orderTree(input);
  const fresh = assignLanes(tree);
  const { columns, orphanCount } = input === raw ? rawFacts : readFacts(store, input, tree);
  const skewCount = countSkew(rawTree, rawFacts.columns);
  const { lanes, placed } = keepLanes(input, tree, columns.spanId, fresh, before);
  const local = new LocalStrings(store.strings);
  local.renumber(columns.nameStr, columns.serviceStr);
  return {
    boxCount: tree.boxCount,
    baseHi: trace.startHi,
    baseLo: trace.startLo,
    durationNs: input === raw ? trace.durationNs : lastEnd(tree.endNs),
    columns: {
      startNs: tree.startNs,
      endNs: tree.endNs,
      selfNs: fresh.selfNs,
      lane: lanes.lane,
      depth: tree.depth,
      parentBox: tree.parentBox,
      descendants: tree.descendants,
      ...columns,
    },
    critical: pathOf(tree, columns.kind, pastWholeMs(trace.startHi, trace.startLo)),
    placed,
    restLanes: lanes === fresh ? undefined : fresh,
    strings: local.all,
    spanCount: input.count,
    laneCount: lanes.laneCount,
    maxDepth: tree.maxDepth,
    inferredCount: tree.boxCount - input.count,
    orphanCount,
    skewCount,
    rootBox: input.root !== -1 ? tree.boxOf[input.root] : tree.boxCount > 0 ? 0 : -1,
    lastSpanMs: input.lastSpanMs,
  };
}

function pathOf(tree: FlameTree, kind: Uint8Array, originNs: number): () => CriticalPath {
  let found: CriticalPath | undefined;
  return () => (found ??= findCriticalPath(tree, kind, originNs));
}

function lastEnd(ends: Float64Array): number {
  let last = 0;
  for (const end of ends) if (end > last) last = end;
  return last;
}
