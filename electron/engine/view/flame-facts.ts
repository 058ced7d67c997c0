/** What the boxes of a trace show beside their place: read in the order of rows, written box by box. */
import { BOX_FLAG, type TraceColumns } from '../../../proto/live/topics.ts';
import {
  SEGMENT_BITS,
  SLOT_MASK,
  SPAN_FLAG,
  STATUS_SHIFT,
  type ResourceTable,
  type SpanSegment,
  type StoreRead,
} from '../store/schema.ts';
import { endOfRun, MISSING, type CollectedSpans } from './flame-input.ts';
import type { FlameTree } from './flame-order.ts';

export interface FlameFacts {
  /** By box. Names and services are string rows of the store, -1 for inferred boxes. */
  readonly columns: Pick<
    TraceColumns,
    'nameStr' | 'serviceStr' | 'kind' | 'flags' | 'eventCount' | 'linkCount' | 'spanId'
  >;
  readonly orphanCount: number;
}

const STATUS_ERROR = 2;

/** BOX_FLAG bits by the flags column: SPAN_FLAG bits and the status. */
const BOX_FLAGS = Uint8Array.from(
  { length: 256 },
  (_, flags) =>
    (flags >>> STATUS_SHIFT === STATUS_ERROR ? BOX_FLAG.error : 0) |
    ((flags & SPAN_FLAG.badTime) !== 0 ? BOX_FLAG.badTime : 0) |
    ((flags & SPAN_FLAG.sharedId) !== 0 ? BOX_FLAG.sharedId : 0) |
    ((flags & SPAN_FLAG.remoteParent) !== 0 ? BOX_FLAG.remoteParent : 0) |
    ((flags & SPAN_FLAG.hasException) !== 0 ? BOX_FLAG.hasException : 0),
);

/** Reads the facts of all boxes. O(n). */
export function readFacts(store: StoreRead, input: CollectedSpans, tree: FlameTree): FlameFacts {
  const { boxCount, boxOf, inCycle } = tree;
  const { count, rows } = input;
  const columns = {
    nameStr: new Int32Array(boxCount),
    serviceStr: new Int32Array(boxCount),
    kind: new Uint8Array(boxCount),
    flags: new Uint8Array(boxCount),
    eventCount: new Uint16Array(boxCount),
    linkCount: new Uint16Array(boxCount),
    spanId: new Uint8Array(boxCount * 8),
  };
  let orphanCount = 0;
  for (let from = 0; from < count;) {
    const segment = store.spans.segments[rows[from] >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`span row ${rows[from]} has no segment`);
    const to = endOfRun(rows, from);
    readCounts(segment, rows, from, to, boxOf, columns);
    readNames(segment, rows, from, to, boxOf, store.resources, columns);
    orphanCount += readFlags(segment, rows, from, to, boxOf, input.parent, columns);
    from = to;
  }
  for (const node of input.unset) columns.flags[boxOf[node]] |= BOX_FLAG.badTime;
  const ids = new DataView(columns.spanId.buffer);
  for (let node = count; node < boxCount; node++) {
    const box = boxOf[node];
    columns.nameStr[box] = -1;
    columns.serviceStr[box] = -1;
    columns.flags[box] = BOX_FLAG.inferred;
    ids.setUint32(box * 8, input.missingHi[node - count]);
    ids.setUint32(box * 8 + 4, input.missingLo[node - count]);
  }
  if (inCycle !== undefined) {
    for (let node = 0; node < boxCount; node++) {
      if (inCycle[node] === 1) columns.flags[boxOf[node]] |= BOX_FLAG.inCycle;
    }
  }
  return { columns, orphanCount };
}

// Each loop below touches few columns, of one segment, and calls nothing that is not inlined: in one
// loop over all columns every span would check every column's type anew (test/bench/layout.bench.ts).

/** Hot loop. */
function readNames(
  segment: SpanSegment,
  rows: Int32Array,
  from: number,
  to: number,
  boxOf: Int32Array,
  resources: ResourceTable,
  { nameStr, serviceStr }: Pick<FlameFacts['columns'], 'nameStr' | 'serviceStr'>,
): void {
  const { name } = segment;
  let lastResource = -1;
  let service = -1;
  for (let i = from; i < to; i++) {
    const slot = rows[i] & SLOT_MASK;
    const box = boxOf[i];
    nameStr[box] = name[slot];
    const resource = segment.resourceOf(slot);
    if (resource !== lastResource) {
      lastResource = resource;
      service = resources.service(resource);
    }
    serviceStr[box] = service;
  }
}

/** Returns how many are orphans. Hot loop. */
function readFlags(
  segment: SpanSegment,
  rows: Int32Array,
  from: number,
  to: number,
  boxOf: Int32Array,
  parent: Int32Array,
  columns: Pick<FlameFacts['columns'], 'flags' | 'kind'>,
): number {
  const { flags, kind } = segment;
  let orphans = 0;
  for (let i = from; i < to; i++) {
    const slot = rows[i] & SLOT_MASK;
    const box = boxOf[i];
    let bits = BOX_FLAGS[flags[slot]];
    if (parent[i] <= MISSING) {
      bits |= BOX_FLAG.orphan;
      orphans++;
    }
    columns.flags[box] = bits;
    columns.kind[box] = kind[slot];
  }
  return orphans;
}

/** Hot loop. */
function readCounts(
  segment: SpanSegment,
  rows: Int32Array,
  from: number,
  to: number,
  boxOf: Int32Array,
  columns: Pick<FlameFacts['columns'], 'eventCount' | 'linkCount' | 'spanId'>,
): void {
  const { eventCount, linkCount, spanIdHi, spanIdLo } = segment;
  const { eventCount: events, linkCount: links } = columns;
  const ids = new DataView(columns.spanId.buffer);
  for (let i = from; i < to; i++) {
    const slot = rows[i] & SLOT_MASK;
    const box = boxOf[i];
    if ((eventCount[slot] | linkCount[slot]) !== 0) {
      events[box] = eventCount[slot];
      links[box] = linkCount[slot];
    }
    ids.setUint32(box * 8, spanIdHi[slot]);
    ids.setUint32(box * 8 + 4, spanIdLo[slot]);
  }
}
