/** The slow, obvious critical path: it is asked anew at every stretch of time between two changes. */
import type { FlameTree } from '../../electron/engine/view/flame-order.ts';

export interface CriticalStretch {
  readonly box: number;
  readonly start: number;
  readonly end: number;
}

const CONSUMER = 5;

/** Stretches by box and start; neighbours in time on one box are one stretch. */
export function referenceCriticalPath(
  tree: Pick<FlameTree, 'boxCount' | 'startNs' | 'endNs' | 'parentBox'>,
  kind: ArrayLike<number>,
  originNs: number,
): CriticalStretch[] {
  const boxes = Array.from({ length: tree.boxCount }, (_, box) => box);
  const start = (box: number): number => tree.startNs[box];
  const end = (box: number): number => tree.endNs[box];
  const childrenOf = (box: number): number[] =>
    boxes.filter((child) => tree.parentBox[child] === box);
  const lastEnd = (box: number): number => Math.max(end(box), ...childrenOf(box).map(lastEnd));
  const found: CriticalStretch[] = [];
  const grain = (box: number): number =>
    [1e6, 1e3].find((ns) => (originNs + start(box)) % ns === 0) ?? 0;
  const slack = (box: number, child: number): number =>
    box === -1 ? 0 : Math.max(grain(box), grain(child));

  /** The path in `box` that leads to `until`; nothing of it lies before `from`. */
  const lead = (box: number, from: number, until: number): void => {
    if (until <= from) return;
    const awaited = childrenOf(box).filter(
      (child) =>
        kind[child] !== CONSUMER &&
        end(child) > start(child) &&
        start(child) < until &&
        end(child) <= until + slack(box, child) &&
        end(child) > from,
    );
    awaited.sort((a, b) => end(b) - end(a) || start(a) - start(b) || a - b);
    const [child] = awaited;
    const back = awaited.length === 0 ? from : Math.min(until, end(child));
    if (box !== -1 && until > back) found.push({ box, start: back, end: until });
    if (awaited.length === 0) return;
    lead(child, Math.max(from, start(child)), back);
    lead(box, from, Math.max(from, start(child)));
  };

  /** The path in the subtree of `box` that leads to the last end in it. */
  const tail = (box: number, from: number): void => {
    const own = box === -1 ? -Infinity : end(box);
    const outliving = childrenOf(box).filter((child) => lastEnd(child) > own + slack(box, child));
    outliving.sort((a, b) => lastEnd(b) - lastEnd(a) || a - b);
    const [child] = outliving;
    if (outliving.length === 0) {
      lead(box, from, own);
      return;
    }
    tail(child, Math.max(from, start(child)));
    lead(box, from, box === -1 ? start(child) : Math.min(own, start(child)));
  };

  if (boxes.length > 0) tail(-1, 0);
  return found.sort((a, b) => a.box - b.box || a.start - b.start);
}
