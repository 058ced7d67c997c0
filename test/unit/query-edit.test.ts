import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import {
  addClauseText,
  addClause,
  onlyThis,
  removeClause,
  tokenRanges,
  writeClause,
  type ClauseSpec,
} from '../../proto/query/edit.ts';
import { oddText, pick, randomTree } from '../support/query-trees.ts';
import { printQuery } from '../../electron/engine/query/print.ts';
import { seeded } from '../support/span-bodies.ts';

const service = (text: string, negated = false): ClauseSpec => ({
  field: { type: 'intrinsic', name: 'service' },
  values: [{ text, isString: true }],
  negated,
});

function attribute(key: string, text: string, isString = true): ClauseSpec {
  const field = { type: 'attribute', pin: 'any', key } as const;
  return { field, values: [{ text, isString }], negated: false };
}

describe('writeClause', () => {
  it.each([
    [service('checkout'), 'service:checkout'],
    [service('a b', true), '-service:"a b"'],
    [attribute('http.route', '/users/{id}'), 'http.route:/users/{id}'],
    [attribute('http.status', '200', false), 'http.status:200'],
    [attribute('http.status', '200'), 'http.status:"200"'],
    [attribute('flag', 'true'), 'flag:"true"'],
    [attribute('name', '*'), '"name":"*"'],
    [attribute('log.file.path', 'x'), '"log.file.path":x'],
    [attribute('a', ''), 'a:""'],
    [{ ...attribute('a', ''), values: [] }, 'has:a'],
  ])('writes %j as %s', (clause, expected) => {
    expect(writeClause(clause)).toBe(expected);
  });
});

describe('addClause', () => {
  it.each([
    ['', 'service:a'],
    ['status:error', 'status:error service:a'],
    ['status:error or timeout', '(status:error or timeout) service:a'],
    ['(x or y) z', '(x or y) z service:a'],
    ['service:a x', 'service:a x'],
    ['x -service:a y', 'x y service:a'],
    ['"open quote', 'service:a "open quote'],
    ['(open bracket', 'service:a (open bracket'],
  ])('adds to %s', (text, expected) => {
    expect(addClause(text, service('a'))).toBe(expected);
  });
});

describe('addClauseText', () => {
  it('adds the clause to what is there', () => {
    expect(addClauseText('', 'status:error')).toBe('status:error');
    expect(addClauseText('service:cart ', 'status:error')).toBe('service:cart status:error');
  });

  it('changes nothing when the clause is there already', () => {
    const text = 'service:cart status:error';
    expect(addClauseText(text, 'status:error')).toBe(text);
  });

  it('keeps alternatives together', () => {
    expect(addClauseText('a or b', 'status:error')).toBe('(a or b) status:error');
    expect(addClauseText('a or b', '(c d)')).toBe('(a or b) (c d)');
  });

  it('puts the clause before a quote that is open', () => {
    expect(addClauseText('name:"a', 'status:error')).toBe('status:error name:"a');
  });
});

describe('onlyThis', () => {
  it('takes the place of the clauses of the same field', () => {
    expect(onlyThis('service:a x -service:b,c status:ok', service('d'))).toBe(
      'x status:ok service:d',
    );
  });

  it('leaves alternatives alone', () => {
    expect(onlyThis('service:a or x', service('d'))).toBe('(service:a or x) service:d');
  });
});

describe('removeClause', () => {
  it.each([
    ['a b c', 1, 'a c'],
    ['a and b', 2, 'a'],
    ['a or b', 0, 'b'],
    ['a or b or c', 2, 'a or c'],
    ['-x:1 (a or b)', 1, '-x:1'],
    ['{ a } > { b } c', 0, 'c'],
  ])('takes a clause out of %s', (text, at, expected) => {
    const range = tokenRanges(text)[at];
    expect(removeClause(text, range ?? { from: 0, to: 0 })).toBe(expected);
  });
});

describe('tokenRanges', () => {
  const show = (text: string): string[] =>
    tokenRanges(text).map(({ kind, negated, parts }) => {
      const shown = parts.map((part) => `${part.kind}<${text.slice(part.from, part.to)}>`);
      return `${negated ? '-' : ''}${kind}: ${shown.join(' ')}`;
    });

  it('names the parts of each clause', () => {
    expect(show('status:error,unset -"a b" or has:x not name~^a')).toEqual([
      'compare: field<status> op<:> value<error> comma<,> value<unset>',
      '-text: minus<-> text<"a b">',
      'keyword: keyword<or>',
      'has: keyword<has> op<:> field<x>',
      '-compare: keyword<not> field<name> op<~> value<^a>',
    ]);
  });

  it('holds groups and structures together', () => {
    expect(show('(a or has:b) {c:1} > { }')).toEqual([
      'group: bracket<(> text<a> keyword<or> keyword<has> op<:> field<b> bracket<)>',
      'set: bracket<{> field<c> op<:> value<1> bracket<}> op<>> bracket<{> bracket<}>',
    ]);
  });

  it('marks what cannot be read and goes on', () => {
    expect(show('a: b ) "c')).toEqual([
      'error: field<a> error<:>',
      'text: text<b>',
      'error: error<)>',
      'error: error<"c>',
    ]);
    expect(show('- x (a')).toEqual(['error: error<->', 'text: text<x>', 'error: error<(> text<a>']);
  });

  it('covers random texts in order, without overlap', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    for (let i = 0; i < 2_000; i++) {
      const text = Array.from({ length: 4 }, () => oddText(random)).join(pick(random, ['', ' ']));
      let end = 0;
      for (const part of tokenRanges(text).flatMap((range) => range.parts)) {
        expect(part.from, `seed ${seed}: ${JSON.stringify(text)}`).toBeGreaterThanOrEqual(end);
        expect(part.to).toBeGreaterThan(part.from);
        end = part.to;
      }
      expect(end).toBeLessThanOrEqual(text.length);
    }
  });

  it('finds no error in random queries', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    for (let i = 0; i < 1_000; i++) {
      const text = printQuery(randomTree(random, 3));
      const wrong = tokenRanges(text).filter((range) => range.kind === 'error');
      expect(wrong, `seed ${seed}: ${text}`).toEqual([]);
    }
  });

  it('adds any attribute to any query so that both still hold', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    for (let i = 0; i < 1_000; i++) {
      const text = printQuery(randomTree(random, 2));
      const clause = attribute(oddText(random), oddText(random));
      const result = parseQuery(addClause(text, clause));
      const hint = `seed ${seed}: ${addClause(text, clause)}`;
      expect(result.ok, hint).toBe(true);
      const root = result.ok ? result.query.root : null;
      const last = root?.type === 'and' ? root.items.at(-1) : root;
      expect(last?.type === 'compare' && last.field.type === 'attribute', hint).toBe(true);
    }
  });
});
