import { describe, expect, it } from 'vitest';
import { NO_PARENT, type FlameInput } from '../../electron/engine/view/flame-input.ts';
import { assignLanes } from '../../electron/engine/view/flame-lanes.ts';
import { orderTree, type FlameTree } from '../../electron/engine/view/flame-order.ts';
import { keepLanes, type PlacedLanes } from '../../electron/engine/view/steady-lanes.ts';
import { inputOf, traceFromArt, type PlainSpan } from '../support/trace-art.ts';

interface Step {
  readonly tree: FlameTree;
  readonly lane: Uint32Array;
  readonly placed: PlacedLanes;
}

/** One layout after another. Span i has the id i + 1; missing parent k the id given for it. */
function lay(input: FlameInput, missing: readonly number[] = [], before?: PlacedLanes): Step {
  const named = { ...input, missingLo: Uint32Array.from(missing) };
  const tree = orderTree(named);
  const ids = new DataView(new ArrayBuffer(tree.boxCount * 8));
  tree.boxOf.forEach((box, node) => {
    ids.setUint32(box * 8 + 4, node < input.count ? node + 1 : missing[node - input.count]);
  });
  const spanId = new Uint8Array(ids.buffer);
  const { lanes, placed } = keepLanes(named, tree, spanId, assignLanes(tree), before);
  return { tree, lane: lanes.lane, placed };
}

function laneOf({ tree, lane }: Step, node: number): number {
  return lane[tree.boxOf[node]];
}

describe('steady lanes', () => {
  const first = `
    root 0-100
      a 0-40
      b 50-90`;

  it('leaves boxes where they are and puts one that overlaps them below', () => {
    const before = lay(traceFromArt(first).input);
    const after = lay(
      traceFromArt(`${first}\n      c 0-60\n      d 92-99`).input,
      [],
      before.placed,
    );
    expect([0, 1, 2, 3, 4].map((node) => laneOf(after, node))).toEqual([0, 1, 1, 2, 1]);
  });

  it('uses a gap between boxes that stay', () => {
    const before = lay(traceFromArt(first).input);
    const after = lay(traceFromArt(`${first}\n      c 40-50`).input, [], before.placed);
    expect(laneOf(after, 3)).toBe(1);
  });

  it('gives a parent that arrives late the lane of the box that stood for it', () => {
    const orphans = (parent: number): PlainSpan[] => [
      { name: 'x', start: 10, end: 20, parent },
      { name: 'y', start: 15, end: 30, parent },
    ];
    const before = lay(inputOf(orphans(-2)), [3]);
    const late = { name: 'late', start: 5, end: 40, parent: NO_PARENT };
    const after = lay(inputOf([...orphans(2), late]), [], before.placed);
    expect([0, 1, 2].map((node) => laneOf(after, node))).toEqual([1, 2, 0]);
  });

  it('moves only what comes under a new parent too low for it', () => {
    const before = lay(inputOf([{ name: 'a', start: 10, end: 20, parent: NO_PARENT }]));
    const spans = [
      { name: 'a', start: 10, end: 20, parent: 1 },
      { name: 'root', start: 0, end: 50, parent: NO_PARENT },
    ];
    const after = lay(inputOf(spans), [], before.placed);
    expect(laneOf(after, 0)).toBeGreaterThan(laneOf(after, 1));
  });

  it('holds its rules on random traces that grow', () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return Math.floor((state / 0x80000000) * below);
    };
    for (let round = 0; round < 60; round++) {
      const spans: PlainSpan[] = [];
      let step: Step | undefined;
      for (let growth = 0; growth < 8; growth++) {
        const known = spans.length;
        for (let i = 0; i < 1 + random(25); i++) {
          const start = random(200);
          const parent = spans.length === 0 ? NO_PARENT : random(spans.length + 1) - 1;
          spans.push({ name: 's', start, end: start + random(60), parent });
        }
        const next: Step = lay(inputOf(spans), [], step?.placed);
        const hint = `SEED=${String(seed)} round ${String(round)}`;
        for (let node = 0; node < known && step !== undefined; node++) {
          expect(laneOf(next, node), hint).toBe(laneOf(step, node));
        }
        expectRules(next, hint);
        step = next;
      }
    }
  });
});

function expectRules({ tree, lane }: Step, hint: string): void {
  const boxes = Array.from(lane.keys()).sort(
    (a, b) => tree.startNs[a] - tree.startNs[b] || tree.endNs[a] - tree.endNs[b] || a - b,
  );
  const until = new Map<number, number>();
  for (const box of boxes) {
    expect(tree.startNs[box], hint).toBeGreaterThanOrEqual(until.get(lane[box]) ?? 0);
    until.set(lane[box], Math.max(tree.endNs[box], until.get(lane[box]) ?? 0));
    const above = tree.parentBox[box];
    if (above !== -1) expect(lane[box], hint).toBeGreaterThan(lane[above]);
  }
}
