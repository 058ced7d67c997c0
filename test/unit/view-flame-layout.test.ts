import { describe, expect, it } from 'vitest';
import { MISSING, NO_PARENT } from '../../electron/engine/view/flame-input.ts';
import { assignLanes } from '../../electron/engine/view/flame-lanes.ts';
import { countSkew } from '../../electron/engine/view/skew.ts';
import { orderTree, type FlameTree } from '../../electron/engine/view/flame-order.ts';
import { orderByValue } from '../../electron/engine/view/order-by-value.ts';
import { referenceBoxes } from '../support/flame-reference.ts';
import { flameText, nodesOf } from '../support/flame-text.ts';
import { inputOf, traceFromArt, type PlainSpan } from '../support/trace-art.ts';

const INTERNAL = 1;
const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

interface Other {
  readonly start: number;
  readonly end: number;
  readonly kind: number;
  readonly service: number;
}

describe('flame layout', () => {
  it('puts children one lane below their parent, by start', () => {
    const art = `
      root 0-100
        b 50-90
        a 10-40
          a1 20-30`;
    expect(flameText(traceFromArt(art))).toBe('root[0-100]\na[10-40] b[50-90]\na1[20-30]');
  });

  it('gives an overlapping sibling lanes below the whole subtree of the first', () => {
    const art = `
      root 0-100
        a 0-60
          a1 10-50
            a2 20-30
        b 40-90
          b1 50-60
        c 95-99`;
    expect(flameText(traceFromArt(art))).toBe(
      'root[0-100]\na[0-60] c[95-99]\na1[10-50]\na2[20-30]\nb[40-90]\nb1[50-60]',
    );
  });

  it('hangs orphans under one inferred box for each missing parent', () => {
    const art = `
      root 0-100
      ? lost
        x 20-30
        y 50-70
      ? other
        z 10-15`;
    expect(flameText(traceFromArt(art))).toBe(
      'root[0-100]\n?[10-15] ?[20-70]\nz[10-15] x[20-30] y[50-70]',
    );
  });

  it('keeps subtrees apart whose children outlive their parents', () => {
    const art = `
      root 0-20
        a 0-10
          late 5-80
        b 15-18
          under 16-17`;
    expect(flameText(traceFromArt(art))).toBe(
      'root[0-20]\na[0-10]\nlate[5-80]\nb[15-18]\nunder[16-17]',
    );
  });

  it('cuts a cycle above its earliest span and says who is in it', () => {
    const input = inputOf([
      { name: 'a', start: 10, end: 50, parent: 2 },
      { name: 'b', start: 5, end: 40, parent: 0 },
      { name: 'c', start: 20, end: 30, parent: 1 },
      { name: 'tail', start: 22, end: 25, parent: 2 },
      { name: 'self', start: 0, end: 9, parent: 4 },
    ]);
    const tree = orderTree(input);
    expect([...nodesOf(tree)]).toEqual([4, 1, 2, 0, 3]);
    expect([...tree.parentBox]).toEqual([-1, -1, 1, 2, 2]);
    expect([...(tree.inCycle ?? [])]).toEqual([1, 1, 1, 0, 1]);
  });

  it('lays out an empty trace', () => {
    const tree = orderTree(inputOf([]));
    expect(tree.boxCount).toBe(0);
    expect(assignLanes(tree).laneCount).toBe(0);
  });

  it('agrees with the quadratic reference on random traces', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const spans = randomTrace(seed);
      const input = inputOf(spans);
      const tree = orderTree(input);
      const { selfNs: self } = assignLanes(tree);
      const nodes = nodesOf(tree);
      const actual = Array.from({ length: tree.boxCount }, (_, box) => ({
        node: nodes[box],
        start: tree.startNs[box],
        end: tree.endNs[box],
        depth: tree.depth[box],
        parentNode: tree.parentBox[box] === -1 ? -1 : nodes[tree.parentBox[box]],
        self: self[box],
      }));
      expect(actual, `seed ${String(seed)}`).toEqual(referenceBoxes(input));
      checkLanes(tree, `seed ${String(seed)}`);
    }
  });

  it('counts as skewed what another service cannot have seen, beyond the tolerance', () => {
    const count = (child: Partial<Other>, parentKind = CLIENT): number => {
      const { start = 10e6, end = 20e6, kind = SERVER, service = 1 } = child;
      const tree = orderTree(
        inputOf([
          { name: 'above', start: 10e6, end: 20e6, parent: NO_PARENT },
          { name: 'below', start, end, parent: 0 },
        ]),
      );
      return countSkew(tree, {
        serviceStr: Int32Array.of(0, service),
        kind: Uint8Array.of(parentKind, kind),
        flags: Uint8Array.of(0, 0),
      });
    };
    expect(count({})).toBe(0);
    expect(count({ start: 7.9e6 }), 'starts 2.1 ms early').toBe(1);
    expect(count({ start: 8e6 }), 'starts 2 ms early').toBe(0);
    expect(count({ start: 7e6, service: 0 }), 'the same service').toBe(0);
    expect(count({ end: 22.1e6 }), 'the server ends after its client').toBe(1);
    expect(count({ end: 22e6 }), 'the server ends 2 ms after its client').toBe(0);
    expect(count({ end: 99e6, kind: INTERNAL }), 'outlives its parent').toBe(0);
    expect(count({ end: 99e6 }, INTERNAL), 'a server of no client outlives').toBe(0);
    expect(count({ start: 7e6, kind: INTERNAL }, SERVER), 'any kind starts early').toBe(1);
    expect(count({ start: 7e6, kind: CONSUMER }, PRODUCER), 'a message').toBe(0);
    expect(count({ end: 99e6, kind: SERVER }, PRODUCER), 'below a producer').toBe(0);
  });

  it('lays out many concurrent siblings and deep chains without quadratic cost', () => {
    const wide: PlainSpan[] = [{ name: 'root', start: 0, end: 1e6, parent: NO_PARENT }];
    for (let i = 0; i < 50_000; i++) wide.push({ name: 'w', start: i, end: 5e5 + i, parent: 0 });
    checkDisjoint(orderTree(inputOf(wide)), 'wide');
    const deep: PlainSpan[] = [];
    for (let i = 0; i < 20_000; i++) {
      deep.push({ name: 'd', start: i, end: 1e6 - i, parent: deep.length - (i === 0 ? 1 : 2) });
      deep.push({ name: 's', start: i, end: 1e6 - i, parent: deep.length - 2 });
    }
    deep[0] = { ...deep[0], parent: NO_PARENT };
    deep[1] = { ...deep[1], parent: 0 };
    checkDisjoint(orderTree(inputOf(deep)), 'deep');
  });
});

describe('order by value', () => {
  it('is a stable ascending order for small and large numbers', () => {
    for (const length of [0, 1, 7, 48, 49, 1000]) {
      for (const range of [3, 5000, 2 ** 33, 2 ** 53 - 1]) {
        const next = random(length + range);
        const values = Float64Array.from({ length }, () => Math.floor(next() * range));
        const expected = Array.from(values.keys()).sort((a, b) => values[a] - values[b] || a - b);
        expect([...orderByValue(values)]).toEqual(expected);
      }
    }
  });
});

function checkLanes(tree: FlameTree, label: string): void {
  const { lane } = checkDisjoint(tree, label);
  for (let box = 0; box < tree.boxCount; box++) {
    const above = tree.parentBox[box];
    if (above !== -1) expect(lane[box], label).toBeGreaterThan(lane[above]);
  }
}

/** In box order, boxes of one lane follow each other in time. */
function checkDisjoint(tree: FlameTree, label: string): { readonly lane: Uint32Array } {
  const { lane, laneCount } = assignLanes(tree);
  const ends = new Float64Array(laneCount).fill(-Infinity);
  const starts = new Float64Array(laneCount).fill(-Infinity);
  let overlaps = 0;
  for (let box = 0; box < tree.boxCount; box++) {
    if (tree.startNs[box] < ends[lane[box]] || tree.startNs[box] < starts[lane[box]]) overlaps++;
    ends[lane[box]] = tree.endNs[box];
    starts[lane[box]] = tree.startNs[box];
  }
  expect(overlaps, label).toBe(0);
  return { lane };
}

function randomTrace(seed: number): PlainSpan[] {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  const spans: PlainSpan[] = [];
  let missing = 0;
  const count = 1 + below(40);
  for (let i = 0; i < count; i++) {
    const start = below(100);
    const kind = below(10);
    let parent = i === 0 || kind === 0 ? NO_PARENT : below(i);
    if (kind === 1) parent = missing > 0 && below(2) === 0 ? MISSING : MISSING - missing++;
    spans.push({ name: String(i), start, end: start + below(kind === 2 ? 1 : 60), parent });
  }
  return spans;
}

function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}
