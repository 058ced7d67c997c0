/**
 * The flame graph of one trace: boxes in depth-first order with lanes, self times and flags, as the
 * columns of the `trace` topic. Inferred boxes stand for parents that were not received.
 */
import { BOX_FLAG, type TraceColumns } from '../../../proto/live/topics.ts';
import type { StoreRead } from '../store/schema.ts';
import { collectSpans, FACTS, type CollectedSpans } from './flame-input.ts';
import { assignLanes } from './flame-lanes.ts';
import { orderTree, type FlameTree } from './flame-order.ts';
import { LocalStrings } from './local-strings.ts';

/** A finished layout. It is a copy: nothing in it refers to rows that may be evicted. */
export interface FlameLayout {
  readonly boxCount: number;
  readonly baseHi: number;
  readonly baseLo: number;
  readonly durationNs: number;
  readonly columns: TraceColumns;
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

/** Lays out the trace at a row. O(n) for well-behaved traces; see `assignLanes`. */
export function layoutTrace(store: StoreRead, traceRow: number): FlameLayout {
  const trace = store.traces.get(traceRow);
  const input = collectSpans(store, traceRow);
  const tree = orderTree(input);
  const lanes = assignLanes(tree);
  const gathered = gather(store, input, tree);
  const { columns } = gathered;
  return {
    boxCount: tree.boxCount,
    baseHi: trace.startHi,
    baseLo: trace.startLo,
    durationNs: trace.durationNs,
    columns: {
      startNs: tree.startNs,
      endNs: tree.endNs,
      selfNs: lanes.selfNs,
      lane: lanes.lane,
      depth: tree.depth,
      parentBox: tree.parentBox,
      descendants: tree.descendants,
      ...columns,
    },
    strings: gathered.strings,
    spanCount: input.count,
    laneCount: lanes.laneCount,
    maxDepth: tree.maxDepth,
    inferredCount: tree.boxCount - input.count,
    orphanCount: gathered.orphanCount,
    skewCount: countSkew(tree, columns),
    rootBox: gathered.rootBox,
    lastSpanMs: input.lastSpanMs,
  };
}

interface Gathered {
  readonly columns: Pick<
    TraceColumns,
    'nameStr' | 'serviceStr' | 'kind' | 'flags' | 'eventCount' | 'linkCount' | 'spanId'
  >;
  readonly strings: readonly string[];
  readonly orphanCount: number;
  readonly rootBox: number;
}

/** Puts the facts of spans in box order and their strings in order of first use. Hot loop. */
function gather(store: StoreRead, input: CollectedSpans, tree: FlameTree): Gathered {
  const { boxCount, node: nodes, inCycle } = tree;
  const { count, facts, root } = input;
  const nameStr = new Int32Array(boxCount);
  const serviceStr = new Int32Array(boxCount);
  const kind = new Uint8Array(boxCount);
  const flags = new Uint8Array(boxCount);
  const eventCount = new Uint16Array(boxCount);
  const linkCount = new Uint16Array(boxCount);
  const spanId = new Uint8Array(boxCount * 8);
  const ids = new DataView(spanId.buffer);
  let orphanCount = 0;
  let rootBox = boxCount === 0 ? -1 : 0;
  for (let box = 0; box < boxCount; box++) {
    const node = nodes[box];
    if (node >= count) {
      nameStr[box] = -1;
      serviceStr[box] = -1;
      flags[box] = BOX_FLAG.inferred;
      ids.setUint32(box * 8, input.missingHi[node - count]);
      ids.setUint32(box * 8 + 4, input.missingLo[node - count]);
      continue;
    }
    const at = node * FACTS;
    const bits = facts[at + 2];
    const counts = facts[at + 3];
    nameStr[box] = facts[at];
    serviceStr[box] = facts[at + 1];
    kind[box] = bits;
    flags[box] = bits >>> 8;
    eventCount[box] = counts;
    linkCount[box] = counts >>> 16;
    ids.setInt32(box * 8, facts[at + 4]);
    ids.setInt32(box * 8 + 4, facts[at + 5]);
    if ((bits & (BOX_FLAG.orphan << 8)) !== 0) orphanCount++;
    if (node === root) rootBox = box;
  }
  const local = new LocalStrings(store.strings);
  local.renumber(nameStr, serviceStr);
  if (inCycle !== undefined) {
    for (let box = 0; box < boxCount; box++) {
      if (inCycle[nodes[box]] === 1) flags[box] |= BOX_FLAG.inCycle;
    }
  }
  return {
    columns: { nameStr, serviceStr, kind, flags, eventCount, linkCount, spanId },
    strings: local.all,
    orphanCount,
    rootBox,
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
