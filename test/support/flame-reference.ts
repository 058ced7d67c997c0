/** The slow, obvious layout: objects, recursion, every pair compared. */
import { MISSING, NO_PARENT, type FlameInput } from '../../electron/engine/view/flame-input.ts';

export interface ReferenceBox {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly parentNode: number;
  readonly self: number;
}

/** Boxes in depth-first order, for traces without cycles. */
export function referenceBoxes(input: FlameInput): ReferenceBox[] {
  const nodes = Array.from({ length: input.count }, (_, i) => ({
    node: i,
    start: input.times[2 * i],
    end: input.times[2 * i + 1],
    parent: input.parent[i],
  }));
  for (let k = 0; k < input.missingHi.length; k++) {
    const children = nodes.filter(({ parent }) => parent === MISSING - k);
    for (const child of children) child.parent = input.count + k;
    nodes.push({
      node: input.count + k,
      start: Math.min(...children.map(({ start }) => start)),
      end: Math.max(...children.map(({ end }) => end)),
      parent: NO_PARENT,
    });
  }
  const boxes: ReferenceBox[] = [];
  const visit = (parent: number, depth: number): void => {
    const children = nodes.filter((node) => node.parent === parent);
    children.sort((a, b) => a.start - b.start || a.node - b.node);
    for (const { node, start, end } of children) {
      const own = nodes.filter((child) => child.parent === node);
      const self = selfTime(start, end, own);
      boxes.push({ node, start, end, depth, parentNode: parent, self });
      visit(node, depth + 1);
    }
  };
  visit(NO_PARENT, 0);
  return boxes;
}

/** Adds up the pieces between all the times at which something starts or ends. */
function selfTime(
  start: number,
  end: number,
  children: readonly { readonly start: number; readonly end: number }[],
): number {
  const cuts = [start, end, ...children.flatMap((child) => [child.start, child.end])]
    .filter((cut) => cut >= start && cut <= end)
    .sort((a, b) => a - b);
  let self = 0;
  for (let i = 1; i < cuts.length; i++) {
    const isCovered = children.some(
      (child) => child.start <= cuts[i - 1] && child.end >= cuts[i] && child.end > child.start,
    );
    if (!isCovered) self += cuts[i] - cuts[i - 1];
  }
  return self;
}
