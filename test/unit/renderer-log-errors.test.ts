import { describe, expect, it } from 'vitest';
import { KeyBound } from '../../renderer/features/logs/log-errors.ts';
import { seeded } from '../support/span-bodies.ts';

/** Searches a list of keys in windows of 64 rows, and counts the windows. */
function search(keys: readonly number[], begin: number, bound: number) {
  const search = new KeyBound(bound);
  let first: number | undefined = begin;
  let windows = 0;
  while (first !== undefined) {
    windows++;
    const slice = Float64Array.from(keys.slice(first - begin, first - begin + 64));
    first = search.take({ first, keys: slice }, begin, begin + keys.length);
  }
  return { before: search.before, at: search.at, windows };
}

describe('the search for the error beside a record', () => {
  it('finds the last key below a bound and the first that is not', () => {
    expect(search([3, 7, 9], 0, 7)).toMatchObject({ before: 3, at: 7 });
    expect(search([3, 7, 9], 40, 8)).toMatchObject({ before: 7, at: 9 });
  });

  it('says when nothing is on one side', () => {
    expect(search([3, 7], 0, 3)).toMatchObject({ before: undefined, at: 3 });
    expect(search([3, 7], 0, Infinity)).toMatchObject({ before: 7, at: undefined });
    expect(search([], 0, 5)).toMatchObject({ before: undefined, at: undefined });
  });

  it('needs few windows of a long list, wherever the bound is', () => {
    const random = seeded(11);
    let key = 0;
    const keys = Array.from({ length: 200_000 }, () => (key += 1 + Math.floor(random() * 9)));
    for (let i = 0; i < 50; i++) {
      const at = Math.floor(random() * keys.length);
      const bound = keys[at] ?? 0;
      const found = search(keys, 1000, bound);
      expect(found.at).toBe(bound);
      expect(found.before).toBe(at === 0 ? undefined : keys[at - 1]);
      expect(found.windows).toBeLessThan(16);
    }
  });
});
