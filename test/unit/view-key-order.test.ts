import { expect, test } from 'vitest';
import { KeyOrder } from '../../electron/engine/view/key-order.ts';
import { seeded } from '../support/span-bodies.ts';

/** The places [from, to) after as much work as they need, and how many pieces of work that was. */
function window(order: KeyOrder, from: number, to: number): { taken: number[]; steps: number } {
  let steps = 1;
  while (!order.prepare(from, to)) steps++;
  return { taken: order.take(from, to), steps };
}

/** Indexes by falling key, equal ones in their order. */
function sorted(keys: readonly (number | null)[]): number[] {
  return keys
    .map((key, index) => ({ key, index }))
    .filter((item): item is { key: number; index: number } => item.key !== null)
    .sort((a, b) => b.key - a.key || a.index - b.index)
    .map(({ index }) => index);
}

const SHAPES: readonly [string, (random: () => number) => number][] = [
  ['equal', () => 0],
  ['few', (random) => Math.floor(random() * 3)],
  ['close', (random) => 5_000_000_000 + Math.floor(random() * 100_000)],
  ['of many sizes', (random) => Math.floor(2 ** (random() * 53))],
];

test.each(SHAPES)('keys that are %s are in order wherever one looks', (_, keyOf) => {
  const seed = Date.now() % 2 ** 31;
  const random = seeded(seed);
  const order = new KeyOrder();
  const keys: (number | null)[] = [];
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 1500; i++) {
      const key = keyOf(random);
      expect(order.add(key)).toBe(keys.length);
      keys.push(key);
    }
    // Now and then between two pieces of work.
    const from = Math.floor(random() * order.length);
    if (round % 2 === 0) order.prepare(from, from + 50);
    for (let i = 0; i < 400; i++) {
      const index = Math.floor(random() * keys.length);
      order.remove(index);
      keys[index] = null;
    }
    const all = sorted(keys);
    expect(order.length).toBe(all.length);
    expect(window(order, from, from + 50).taken, `seed ${seed}`).toEqual(
      all.slice(from, from + 50),
    );
  }
  expect(window(order, 0, Infinity).taken, `seed ${seed}`).toEqual(sorted(keys));
});

test('the top of many keys is there long before all are in order', () => {
  const random = seeded(5);
  const order = new KeyOrder();
  for (let i = 0; i < 100_000; i++) order.add(Math.floor(2 ** (random() * 53)));
  const { steps } = window(order, 0, 50);
  expect(steps).toBeLessThan(8);
  expect(window(order, 0, Infinity).steps).toBeGreaterThan(steps * 8);
});

test('a place that is not prepared is refused', () => {
  const order = new KeyOrder();
  order.add(1);
  expect(() => order.take(0, 1)).toThrow(RangeError);
});
