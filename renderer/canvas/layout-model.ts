/**
 * One trace's layout as the page holds it: the columns of the `trace` topic, whole, and the per-lane
 * index that drawing and hit-testing run on.
 *
 * ```
 *   frames ── TraceLayout (boxes in depth-first order) ── LaneIndex (positions: lane by lane, by start)
 * ```
 * A box number names a row of the columns; a position names a place in the lane index. A layout that
 * came in one frame keeps the frame's own views; chunks are copied into columns of the full length.
 */
import type { TraceColumns, TraceMeta } from '../../proto/live/topics.ts';
import { indexPath, type CriticalIndex, type CriticalPart } from './critical-index.ts';
import { indexLanes, type LaneIndex } from './lane-index.ts';
import { findLeafRuns, unfoldedRows } from './leaf-runs.ts';
import { finish, type Steps } from './steps.ts';

const hex2 = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The columns with one entry a box. */
export type BoxColumns = Omit<TraceColumns, keyof CriticalPart>;

/** The columns, strings and head of one layout number of one trace. */
export class TraceLayout {
  /** The head of the last frame taken in. */
  meta: TraceMeta;
  readonly columns: BoxColumns;
  readonly strings: string[] = [];
  /** Boxes [0, received) are filled. */
  received: number;
  /** The strings that some received box has as its service, each once. */
  readonly services: number[] = [];
  readonly #isService: boolean[] = [];
  /** What is built anew when the boxes have doubled, and at their end: all of that costs O(boxes). */
  #indexed = 0;
  #lanes: LaneIndex | undefined;
  #runs: Uint32Array | undefined;
  #rows: Uint32Array | undefined;
  readonly #criticalParts: CriticalPart[] = [];
  #critical: CriticalIndex | undefined;

  /** Begins with the snapshot frame of a layout. */
  constructor(meta: TraceMeta, columns: TraceColumns) {
    this.meta = meta;
    const arrived = columns.startNs.length;
    const isWhole = meta.firstBox === 0 && arrived === meta.boxCount;
    this.columns = isWhole ? boxColumns(columns) : emptyColumns(meta.boxCount);
    this.received = isWhole ? arrived : 0;
    if (!isWhole) {
      this.accept(meta, columns);
      return;
    }
    for (const text of meta.strings) this.strings.push(text);
    this.#noteServices(columns.serviceStr);
    this.#criticalParts.push(columns);
  }

  /** All boxes are there, and the critical path is. */
  get isComplete(): boolean {
    return this.received >= this.meta.boxCount && this.meta.hasPath;
  }

  /** Takes one more frame. False when it belongs to another layout or does not follow on. */
  accept(meta: TraceMeta, columns: TraceColumns): boolean {
    if (meta.traceId !== this.meta.traceId || meta.layout !== this.meta.layout) return false;
    if (meta.firstBox !== this.received && columns.startNs.length > 0) return false;
    for (const text of meta.strings) this.strings.push(text);
    copyColumns(this.columns, columns, meta.firstBox);
    this.received = Math.max(this.received, meta.firstBox + columns.startNs.length);
    this.meta = meta;
    this.#noteServices(columns.serviceStr);
    const isDue = this.received >= 2 * this.#indexed || this.received >= meta.boxCount;
    if (isDue && columns.startNs.length > 0) {
      this.#indexed = this.received;
      this.#lanes = undefined;
      this.#runs = undefined;
      this.#rows = undefined;
    }
    if (columns.criticalBox.length > 0) this.#criticalParts.push(columns);
    return true;
  }

  /** The lane index over the boxes of the last time that they had doubled; built when asked, O(boxes). */
  get lanes(): LaneIndex {
    return (this.#lanes ??= finish(indexLanes(this.columns, this.received)));
  }

  /** The critical path; null before all of it is there. Built once, O(boxes). */
  get critical(): CriticalIndex | null {
    if (!this.isComplete) return null;
    return (this.#critical ??= finish(this.#indexPath()));
  }

  /** At the first box of each run of equal leaves how many it has; see `findLeafRuns`. */
  get runs(): Uint32Array {
    return (this.#runs ??= finish(findLeafRuns(this)));
  }

  /** The rows of the tree with nothing folded and each run of equal leaves in one row. */
  get rows(): Uint32Array {
    return (this.#rows ??= finish(unfoldedRows(this, this.runs)));
  }

  /** Builds all that the getters above build when they are first asked. */
  *prepare(): Steps<void> {
    this.#lanes ??= yield* indexLanes(this.columns, this.received);
    this.#runs ??= yield* findLeafRuns(this);
    this.#rows ??= yield* unfoldedRows(this, this.#runs);
    if (this.isComplete) this.#critical ??= yield* this.#indexPath();
  }

  #indexPath(): Steps<CriticalIndex> {
    return indexPath(this.#criticalParts, this.lanes.box, this.columns.serviceStr);
  }

  #noteServices(serviceStr: Int32Array): void {
    for (const service of serviceStr) {
      if (service < 0 || this.#isService[service] === true) continue;
      this.#isService[service] = true;
      this.services.push(service);
    }
  }

  name(box: number): string {
    return this.strings[this.columns.nameStr[box]] ?? '';
  }

  service(box: number): string {
    return this.strings[this.columns.serviceStr[box]] ?? '';
  }

  has(box: number, flag: number): boolean {
    return (this.columns.flags[box] & flag) !== 0;
  }

  durationNs(box: number): number {
    return this.columns.endNs[box] - this.columns.startNs[box];
  }

  /** 16 lower-case hex characters. */
  spanId(box: number): string {
    const bytes = this.columns.spanId;
    let text = '';
    for (let i = box * 8; i < box * 8 + 8; i++) text += hex2[bytes[i]];
    return text;
  }

  /** The first box with this span id, or -1. O(boxes). */
  findSpan(spanId: string): number {
    if (spanId.length !== 16) return -1;
    const bytes = this.columns.spanId;
    const wanted = new Uint8Array(8);
    for (let i = 0; i < 8; i++) wanted[i] = Number.parseInt(spanId.slice(i * 2, i * 2 + 2), 16);
    const first = wanted[0];
    for (let box = 0, at = 0; box < this.received; box++, at += 8) {
      if (bytes[at] !== first) continue;
      let same = 1;
      while (same < 8 && bytes[at + same] === wanted[same]) same++;
      if (same === 8) return box;
    }
    return -1;
  }
}

function boxColumns(columns: TraceColumns): BoxColumns {
  const { criticalBox, criticalStartNs, criticalEndNs, ...boxes } = columns;
  void [criticalBox, criticalStartNs, criticalEndNs];
  return boxes;
}

function emptyColumns(count: number): BoxColumns {
  return {
    startNs: new Float64Array(count),
    endNs: new Float64Array(count),
    selfNs: new Float64Array(count),
    lane: new Uint32Array(count),
    depth: new Uint32Array(count),
    parentBox: new Int32Array(count),
    descendants: new Uint32Array(count),
    nameStr: new Int32Array(count),
    serviceStr: new Int32Array(count),
    kind: new Uint8Array(count),
    flags: new Uint8Array(count),
    eventCount: new Uint16Array(count),
    linkCount: new Uint16Array(count),
    spanId: new Uint8Array(count * 8),
  };
}

function copyColumns(into: BoxColumns, from: BoxColumns, at: number): void {
  into.startNs.set(from.startNs, at);
  into.endNs.set(from.endNs, at);
  into.selfNs.set(from.selfNs, at);
  into.lane.set(from.lane, at);
  into.depth.set(from.depth, at);
  into.parentBox.set(from.parentBox, at);
  into.descendants.set(from.descendants, at);
  into.nameStr.set(from.nameStr, at);
  into.serviceStr.set(from.serviceStr, at);
  into.kind.set(from.kind, at);
  into.flags.set(from.flags, at);
  into.eventCount.set(from.eventCount, at);
  into.linkCount.set(from.linkCount, at);
  into.spanId.set(from.spanId, at * 8);
}
