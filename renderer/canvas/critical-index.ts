/** The critical path of a layout, by box: what underlines, dimming and the legend read. */
import type { TraceColumns } from '../../proto/live/topics.ts';
import { prefixCount } from './prefix-count.ts';
import { STEP_SIZE, type Steps } from './steps.ts';

/** The stretches that one frame brings, by box and start. */
export type CriticalPart = Pick<TraceColumns, 'criticalBox' | 'criticalStartNs' | 'criticalEndNs'>;

/** The columns of a CriticalIndex. */
interface PathParts {
  /** Stretches of box b: [offset[b], offset[b + 1]), in order of time. */
  readonly offset: Uint32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** 1 for boxes on the path. */
  readonly isMatch: Uint8Array;
  /** Boxes on the path before each position of the lane index. */
  readonly before: Uint32Array;
  /** How long the path is in the spans of a service, by the number of its string. */
  readonly nsOfService: ReadonlyMap<number, number>;
}

/** Indexes the stretches. `boxOfPosition` is the lane index's. O(boxes); a step is what one frame brought. */
export function* indexPath(
  parts: readonly CriticalPart[],
  boxOfPosition: Uint32Array,
  serviceStr: Int32Array,
): Steps<CriticalIndex> {
  const boxCount = boxOfPosition.length;
  const count = parts.reduce((sum, { criticalBox }) => sum + criticalBox.length, 0);
  const offset = new Uint32Array(boxCount + 1);
  const startNs = new Float64Array(count);
  const endNs = new Float64Array(count);
  const isMatch = new Uint8Array(boxCount);
  const nsOfService = new Map<number, number>();
  let at = 0;
  for (const part of parts) {
    startNs.set(part.criticalStartNs, at);
    endNs.set(part.criticalEndNs, at);
    at += part.criticalBox.length;
    countStretches(part, offset, isMatch);
    yield;
    addShares(part, serviceStr, nsOfService);
    yield;
  }
  for (let from = 0; from < boxCount; from += STEP_SIZE) {
    const to = Math.min(boxCount, from + STEP_SIZE);
    for (let box = from; box < to; box++) offset[box + 1] += offset[box];
    yield;
  }
  const before = yield* prefixCount(boxOfPosition, isMatch, 1);
  return new CriticalIndex({ offset, startNs, endNs, isMatch, before, nsOfService });
}

function countStretches(
  { criticalBox }: CriticalPart,
  offset: Uint32Array,
  isMatch: Uint8Array,
): void {
  for (let i = 0; i < criticalBox.length; i++) {
    const box = criticalBox[i];
    offset[box + 1]++;
    isMatch[box] = 1;
  }
}

/** Neighbours on the path are mostly of one service: its sum is written when it ends. */
function addShares(
  { criticalBox, criticalStartNs, criticalEndNs }: CriticalPart,
  serviceStr: Int32Array,
  nsOfService: Map<number, number>,
): void {
  let service = -1;
  let sum = 0;
  const add = (): void => {
    if (sum > 0) nsOfService.set(service, (nsOfService.get(service) ?? 0) + sum);
  };
  for (let i = 0; i < criticalBox.length; i++) {
    const own = serviceStr[criticalBox[i]];
    if (own !== service) {
      add();
      service = own;
      sum = 0;
    }
    sum += criticalEndNs[i] - criticalStartNs[i];
  }
  add();
}

export class CriticalIndex implements PathParts {
  readonly offset: Uint32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly isMatch: Uint8Array;
  readonly before: Uint32Array;
  readonly nsOfService: ReadonlyMap<number, number>;

  /** `indexPath` makes the parts. */
  constructor(parts: PathParts) {
    this.offset = parts.offset;
    this.startNs = parts.startNs;
    this.endNs = parts.endNs;
    this.isMatch = parts.isMatch;
    this.before = parts.before;
    this.nsOfService = parts.nsOfService;
  }

  /** How long the path is in a box. O(stretches of the box). */
  timeIn(box: number): number {
    let sum = 0;
    for (let i = this.offset[box]; i < this.offset[box + 1]; i++) {
      sum += this.endNs[i] - this.startNs[i];
    }
    return sum;
  }

  /** The first stretch in [from, to) that ends after `ns`; `to` when none does. */
  firstEndingAfter(ns: number, from: number, to: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.endNs[middle] <= ns) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What one service adds to the critical path. */
export interface CriticalShare {
  /** '' for spans whose service is unknown. */
  readonly service: string;
  /** Of the length of the whole path, 0 to 1. */
  readonly share: number;
}

/** The services on the path, the largest share first. O(services). */
export function criticalShares(
  { nsOfService }: CriticalIndex,
  strings: readonly string[],
): CriticalShare[] {
  let total = 0;
  for (const ns of nsOfService.values()) total += ns;
  return [...nsOfService]
    .map(([index, ns]) => ({ service: strings[index] ?? '', share: ns / total }))
    .sort((a, b) => b.share - a.share);
}
