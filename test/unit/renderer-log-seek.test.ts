import { describe, expect, it } from 'vitest';
import { LogSeek } from '../../renderer/features/logs/log-seek.ts';
import { seeded } from '../support/span-bodies.ts';

const COUNT = 120;

/** Answers windows of a list whose record at position `begin + i` has the key `keys[i]`. */
function search(keys: readonly number[], begin: number, key: number): number | 'absent' {
  const seek = new LogSeek(key, COUNT);
  const end = begin + keys.length;
  let first = Math.max(begin, Math.min(key - COUNT / 2, end - 1));
  for (let asked = 0; asked < 40; asked++) {
    const shown = keys.slice(first - begin, first - begin + COUNT);
    const step = seek.take({ first, keys: Float64Array.from(shown) }, begin, end);
    if (step.type === 'found') return step.position;
    if (step.type === 'absent') return 'absent';
    first = step.first;
  }
  throw new Error(`the search for ${key} does not end`);
}

describe('the search for the log record of a link', () => {
  it('finds every record of a filtered list, and knows which are not in it', () => {
    const seed = 20261123;
    const random = seeded(seed);
    for (let round = 0; round < 60; round++) {
      const begin = Math.floor(random() * 500);
      const keys: number[] = [];
      for (let key = begin; keys.length < 5000; key += 1 + Math.floor(random() * 9)) keys.push(key);
      const at = Math.floor(random() * keys.length);
      const key = keys[at] ?? 0;
      expect(search(keys, begin, key), `seed ${seed}, round ${round}`).toBe(begin + at);
      const absent = keys.includes(key + 1) ? key + 0.5 : key + 1;
      expect(search(keys, begin, absent), `seed ${seed}, round ${round}`).toBe('absent');
    }
  });

  it('needs one window when positions are keys', () => {
    const keys = Array.from({ length: 1000 }, (_, index) => index);
    const seek = new LogSeek(500, COUNT);
    const window = { first: 440, keys: Float64Array.from(keys.slice(440, 560)) };
    expect(seek.take(window, 0, 1000)).toEqual({ type: 'found', position: 500 });
  });

  it('finds a folded repeat in the row that stands for it', () => {
    const keys = Float64Array.from([10, 20, 30]);
    const repeats = Uint32Array.from([1, 5, 3]);
    const take = (key: number): unknown =>
      new LogSeek(key, COUNT).take({ first: 7, keys, repeats }, 7, 10);
    expect(take(23)).toEqual({ type: 'found', position: 8 });
    expect(take(32)).toEqual({ type: 'found', position: 9 });
    expect(take(15)).toEqual({ type: 'absent' });
  });

  it('says absent for an empty list', () => {
    const seek = new LogSeek(3, COUNT);
    expect(seek.take({ first: 0, keys: new Float64Array() }, 0, 0)).toEqual({ type: 'absent' });
  });
});
