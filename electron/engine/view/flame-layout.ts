/**
 * The flame graph of one trace: boxes in depth-first order with lanes, self times and flags, as the
 * columns of the `trace` topic. Inferred boxes stand for parents that were not received.
 */
import { BOX_FLAG, type TraceColumns } from '../../../proto/live/topics.ts';
import { SEGMENT_BITS, SLOT_MASK, SPAN_FLAG, type StoreRead } from '../store/schema.ts';
import { collectSpans, MISSING, type FlameInput } from './flame-input.ts';
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
}

/** Lays out the trace at a row. O(n) for well-behaved traces; see `assignLanes`. */
export function layoutTrace(store: StoreRead, traceRow: number): FlameLayout {
  const trace = store.traces.get(traceRow);
  const input = collectSpans(store, traceRow);
  const tree = orderTree(input);
  const lanes = assignLanes(tree);
  const gathered = gather(store, input, tree, trace.rootSpan);
  const { columns } = gathered;
  let maxDepth = 0;
  for (let box = 0; box < tree.boxCount; box++) {
    if (tree.depth[box] > maxDepth) maxDepth = tree.depth[box];
  }
  return {
    boxCount: tree.boxCount,
    baseHi: trace.startHi,
    baseLo: trace.startLo,
    durationNs: trace.durationNs,
    columns: {
      startNs: tree.startNs,
      endNs: tree.endNs,
      selfNs: selfTimes(tree),
      lane: lanes.lane,
      depth: tree.depth,
      parentBox: tree.parentBox,
      descendants: tree.descendants,
      ...columns,
    },
    strings: gathered.strings,
    spanCount: input.count,
    laneCount: lanes.laneCount,
    maxDepth,
    inferredCount: tree.boxCount - input.count,
    orphanCount: gathered.orphanCount,
    skewCount: countSkew(tree, columns.serviceStr, columns.flags),
    rootBox: gathered.rootBox,
  };
}

/**
 * Time of each box that none of its children covers: its duration minus the union of its children,
 * clipped to the box.
 */
export function selfTimes(tree: FlameTree): Float64Array {
  const { boxCount, startNs, endNs, descendants } = tree;
  const selfNs = new Float64Array(boxCount);
  for (let box = 0; box < boxCount; box++) {
    const end = endNs[box];
    const last = box + descendants[box];
    let covered = 0;
    let at = startNs[box];
    for (let child = box + 1; child <= last; child += descendants[child] + 1) {
      const from = startNs[child] > at ? startNs[child] : at;
      const to = endNs[child] < end ? endNs[child] : end;
      if (to > from) {
        covered += to - from;
        at = to;
      }
    }
    selfNs[box] = end - startNs[box] - covered;
  }
  return selfNs;
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

/** Copies what a box shows out of the span columns, in box order. Hot loop. */
function gather(store: StoreRead, input: FlameInput, tree: FlameTree, rootSpan: number): Gathered {
  const { spans, resources } = store;
  const { boxCount, node: nodes, inCycle } = tree;
  const { count, rows, parent } = input;
  const nameStr = new Int32Array(boxCount);
  const serviceStr = new Int32Array(boxCount);
  const kind = new Uint8Array(boxCount);
  const flags = new Uint8Array(boxCount);
  const eventCount = new Uint16Array(boxCount);
  const linkCount = new Uint16Array(boxCount);
  const spanId = new Uint8Array(boxCount * 8);
  const local = new LocalStrings(store.strings);
  let orphanCount = 0;
  let rootBox = boxCount === 0 ? -1 : 0;
  for (let box = 0; box < boxCount; box++) {
    const node = nodes[box];
    if (node >= count) {
      nameStr[box] = -1;
      serviceStr[box] = -1;
      flags[box] = BOX_FLAG.inferred;
      writeId(spanId, box, input.missingHi[node - count], input.missingLo[node - count]);
      continue;
    }
    const row = rows[node];
    const segment = spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`span row ${row} has no segment`);
    const slot = row & SLOT_MASK;
    const isOrphan = parent[node] <= MISSING;
    if (isOrphan) orphanCount++;
    if (row === rootSpan) rootBox = box;
    nameStr[box] = local.of(segment.name[slot]);
    serviceStr[box] = local.of(resources.service(segment.resource[slot]));
    kind[box] = segment.kind[slot];
    flags[box] =
      boxFlags(segment.flags[slot], segment.status[slot]) |
      (isOrphan ? BOX_FLAG.orphan : 0) |
      (inCycle?.[node] === 1 ? BOX_FLAG.inCycle : 0);
    eventCount[box] = segment.eventCount[slot];
    linkCount[box] = segment.linkCount[slot];
    writeId(spanId, box, segment.spanIdHi[slot], segment.spanIdLo[slot]);
  }
  return {
    columns: { nameStr, serviceStr, kind, flags, eventCount, linkCount, spanId },
    strings: local.all,
    orphanCount,
    rootBox,
  };
}

const STATUS_ERROR = 2;

function boxFlags(spanFlags: number, status: number): number {
  return (
    (status === STATUS_ERROR ? BOX_FLAG.error : 0) |
    ((spanFlags & SPAN_FLAG.badTime) !== 0 ? BOX_FLAG.badTime : 0) |
    ((spanFlags & SPAN_FLAG.sharedId) !== 0 ? BOX_FLAG.sharedId : 0) |
    ((spanFlags & SPAN_FLAG.remoteParent) !== 0 ? BOX_FLAG.remoteParent : 0) |
    ((spanFlags & SPAN_FLAG.hasException) !== 0 ? BOX_FLAG.hasException : 0)
  );
}

function writeId(target: Uint8Array, box: number, hi: number, lo: number): void {
  const at = box * 8;
  target[at] = hi >>> 24;
  target[at + 1] = hi >>> 16;
  target[at + 2] = hi >>> 8;
  target[at + 3] = hi;
  target[at + 4] = lo >>> 24;
  target[at + 5] = lo >>> 16;
  target[at + 6] = lo >>> 8;
  target[at + 7] = lo;
}

/** Children that start before or end after a parent of another service: evident clock skew. */
function countSkew(tree: FlameTree, serviceStr: Int32Array, flags: Uint8Array): number {
  const { boxCount, startNs, endNs, parentBox } = tree;
  let skewed = 0;
  for (let box = 0; box < boxCount; box++) {
    const above = parentBox[box];
    if (above === -1 || serviceStr[box] === serviceStr[above]) continue;
    if (((flags[box] | flags[above]) & (BOX_FLAG.inferred | BOX_FLAG.badTime)) !== 0) continue;
    if (startNs[box] < startNs[above] || endNs[box] > endNs[above]) skewed++;
  }
  return skewed;
}
