import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import { printQuery } from '../../electron/engine/query/print.ts';
import { randomTree, withoutRanges } from '../support/query-trees.ts';
import { seeded } from '../support/span-bodies.ts';

function canonical(text: string): string {
  const result = parseQuery(text);
  if (!result.ok) throw new Error(`${text}: ${result.error.message}`);
  return printQuery(result.query.root);
}

describe('printQuery', () => {
  it.each([
    ['', ''],
    ['a AND b   and c', 'a b c'],
    ['service = checkout', 'service:checkout'],
    ['not (a or b)', '-(a or b)'],
    ['not not a', '-(-a)'],
    ['not {a}>{b}', '-({ a } > { b })'],
    ['(a or b) and ((c))', '(a or b) c'],
    ['(a b) or c', 'a b or c'],
    ['{}>>{ a }', '{ } >> { a }'],
    ['x:a\\ b', 'x:"a b"'],
    ['x:a\\ b*', 'x:a\\ b*'],
    ['span."http.route":/x', 'span.http.route:/x'],
    ['"service":a', '"service":a'],
    ['status:Error,UNSET', 'status:Error,UNSET'],
  ])('prints %s as %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it('prints random trees so that they read back as the same tree', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    for (let i = 0; i < 5_000; i++) {
      const tree = randomTree(random, 4);
      const text = printQuery(tree);
      const result = parseQuery(text);
      const hint = `seed ${seed}: ${text}`;
      expect(result.ok ? '' : result.error.message, hint).toBe('');
      expect(result.ok && withoutRanges(result.query.root), hint).toEqual(withoutRanges(tree));
      expect(result.ok && printQuery(result.query.root), hint).toBe(text);
    }
  });
});
