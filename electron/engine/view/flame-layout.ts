/**
 * The flame graph of one trace: boxes in depth-first order with lanes, self times and flags, as the
 * columns of the `trace` topic. Inferred boxes stand for parents that were not received.
 */
import { BOX_FLAG, type TraceColumns } from '../../../proto/live/topics.ts';
import type { StoreRead } from '../store/schema.ts';
import { findCriticalPath, pastWholeMs, type CriticalPath } from './critical-path.ts';
import { readFacts } from './flame-facts.ts';
import { collectSpans } from './flame-input.ts';
import { assignLanes, type FlameLanes } from './flame-lanes.ts';
import { orderTree, type FlameTree } from './flame-order.ts';
import { LocalStrings } from './local-strings.ts';
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
  readonly critical: CriticalPath;
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

/**
 * Lays out the trace at a row. O(n) for well-behaved traces; see `assignLanes`. Boxes that lay in `before`,
 * an earlier layout of the same spans and others, keep their lanes where they can.
 */
export function layoutTrace(store: StoreRead, traceRow: number, before?: PlacedLanes): FlameLayout {
  const trace = store.traces.get(traceRow);
  const input = collectSpans(store, traceRow);
  const tree = orderTree(input);
  const fresh = assignLanes(tree);
  const { columns, orphanCount } = readFacts(store, input, tree);
  const { lanes, placed } = keepLanes(input, tree, columns.spanId, fresh, before);
  const local = new LocalStrings(store.strings);
  local.renumber(columns.nameStr, columns.serviceStr);
  return {
    boxCount: tree.boxCount,
    baseHi: trace.startHi,
    baseLo: trace.startLo,
    durationNs: trace.durationNs,
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
    critical: findCriticalPath(tree, columns.kind, pastWholeMs(trace.startHi, trace.startLo)),
    placed,
    restLanes: lanes === fresh ? undefined : fresh,
    strings: local.all,
    spanCount: input.count,
    laneCount: lanes.laneCount,
    maxDepth: tree.maxDepth,
    inferredCount: tree.boxCount - input.count,
    orphanCount,
    skewCount: countSkew(tree, columns),
    rootBox: input.root !== -1 ? tree.boxOf[input.root] : tree.boxCount > 0 ? 0 : -1,
    lastSpanMs: input.lastSpanMs,
  };
}

/**
 * Clocks of different processes differ by this much, or are read this coarsely, without being wrong:
 * SDKs with millisecond clocks round both ends of a span.
 */
export const SKEW_TOLERANCE_NS = 2e6;

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

/**
 * Boxes whose clock evidently differs from that of their parent in another service: they start before
 * it, which no message can, or are the server of a client call that they end after. Spans that only
 * outlive their parent may do so, and messages through a queue are handled at any time.
 */
export function countSkew(
  tree: FlameTree,
  columns: Pick<TraceColumns, 'serviceStr' | 'flags' | 'kind'>,
): number {
  const { boxCount, startNs, endNs, parentBox } = tree;
  const { serviceStr, flags, kind } = columns;
  let skewed = 0;
  for (let box = 0; box < boxCount; box++) {
    const above = parentBox[box];
    if (above === -1) continue;
    const isEarly = startNs[box] < startNs[above] - SKEW_TOLERANCE_NS;
    const isLate = endNs[box] > endNs[above] + SKEW_TOLERANCE_NS;
    if (!isEarly && !isLate) continue;
    if (serviceStr[box] === serviceStr[above]) continue;
    if (((flags[box] | flags[above]) & (BOX_FLAG.inferred | BOX_FLAG.badTime)) !== 0) continue;
    if (isAsync(kind[box]) || isAsync(kind[above])) continue;
    if (isEarly || (kind[box] === SERVER && kind[above] === CLIENT)) skewed++;
  }
  return skewed;
}

function isAsync(kind: number): boolean {
  return kind === PRODUCER || kind === CONSUMER;
}
