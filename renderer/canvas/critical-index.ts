/** The critical path of a layout, by box: what underlines, dimming and the legend read. */
import type { TraceColumns } from '../../proto/live/topics.ts';
import { prefixCount } from './prefix-count.ts';

/** The stretches that one frame brings, by box and start. */
export type CriticalPart = Pick<TraceColumns, 'criticalBox' | 'criticalStartNs' | 'criticalEndNs'>;

export class CriticalIndex {
  /** Stretches of box b: [offset[b], offset[b + 1]), in order of time. */
  readonly offset: Uint32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** 1 for boxes on the path. */
  readonly isMatch: Uint8Array;
  /** Boxes on the path before each position of the lane index. */
  readonly before: Uint32Array;

  /** `boxOfPosition` is the lane index's. O(boxes). */
  constructor(parts: readonly CriticalPart[], boxOfPosition: Uint32Array) {
    const boxCount = boxOfPosition.length;
    const count = parts.reduce((sum, { criticalBox }) => sum + criticalBox.length, 0);
    this.offset = new Uint32Array(boxCount + 1);
    this.startNs = new Float64Array(count);
    this.endNs = new Float64Array(count);
    this.isMatch = new Uint8Array(boxCount);
    let at = 0;
    for (const { criticalBox, criticalStartNs, criticalEndNs } of parts) {
      this.startNs.set(criticalStartNs, at);
      this.endNs.set(criticalEndNs, at);
      at += criticalBox.length;
      for (const box of criticalBox) {
        this.offset[box + 1]++;
        this.isMatch[box] = 1;
      }
    }
    for (let box = 0; box < boxCount; box++) this.offset[box + 1] += this.offset[box];
    this.before = prefixCount(boxOfPosition, this.isMatch, 1);
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

/** The services on the path, the largest share first. O(stretches). */
export function criticalShares(
  critical: CriticalIndex,
  serviceStr: Int32Array,
  strings: readonly string[],
): CriticalShare[] {
  const byService = new Map<number, number>();
  let total = 0;
  for (let box = 0; box < critical.isMatch.length; box++) {
    if (critical.isMatch[box] === 0) continue;
    const ns = critical.timeIn(box);
    total += ns;
    byService.set(serviceStr[box], (byService.get(serviceStr[box]) ?? 0) + ns);
  }
  return [...byService]
    .map(([index, ns]) => ({ service: strings[index] ?? '', share: ns / total }))
    .sort((a, b) => b.share - a.share);
}
