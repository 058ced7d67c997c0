import { describe, expect, it } from 'vitest';
import type { Expression, Value } from '../../electron/engine/query/ast.ts';
import { attributeNames } from '../../electron/engine/query/fields.ts';
import { parseQuery } from '../../electron/engine/query/parser.ts';
import { printQuery } from '../../electron/engine/query/print.ts';
import { readMoment, readNumber } from '../../electron/engine/query/values.ts';
import { oddText, pick, randomTree } from '../support/query-trees.ts';
import { seeded } from '../support/span-bodies.ts';

/** The tree in a compact form: (and …), field op values, "text". */
function shape(node: Expression | null): string {
  if (node === null) return 'empty';
  switch (node.type) {
    case 'and':
    case 'or':
      return `(${node.type} ${node.items.map(shape).join(' ')})`;
    case 'not':
      return `(not ${shape(node.item)})`;
    case 'text':
      return node.quoted ? `"${node.value}"` : `'${node.value}'`;
    case 'has':
      return `has<${printQuery(node).slice(4)}>`;
    case 'compare':
      return `${JSON.stringify(node.field.type === 'attribute' ? `${node.field.pin}/${node.field.key}` : node.field.name)}${node.op}${node.values.map(valueShape).join('|')}`;
    case 'set':
      return `{${node.item === null ? '' : shape(node.item)}}`;
    case 'structure':
      return `[${shape(node.left)} ${node.op} ${shape(node.right)}]`;
  }
}

function valueShape({ text, quoted, glob, number }: Value): string {
  const mark = quoted ? '"' : glob ? '*' : '';
  return `${mark}${text}${mark}${number === null ? '' : `(${number.int ?? number.double}${number.unit === null ? '' : ` ${number.unit}`})`}`;
}

function parse(text: string): string {
  const result = parseQuery(text);
  return result.ok ? shape(result.query.root) : `error: ${result.error.message}`;
}

describe('parseQuery', () => {
  it('reads an empty text as the query that everything matches', () => {
    expect(parse('  ')).toBe('empty');
  });

  it('reads clauses side by side as "and"', () => {
    expect(parse('service:a "b c" d')).toBe(`(and "service"=a "b c" 'd')`);
  });

  it('binds "not" before "and" before "or"', () => {
    expect(parse('a or not b and c or -d')).toBe(`(or 'a' (and (not 'b') 'c') (not 'd'))`);
  });

  it('takes keywords in upper case', () => {
    expect(parse('a OR NOT b AND c')).toBe(`(or 'a' (and (not 'b') 'c'))`);
  });

  it('flattens brackets that change no precedence', () => {
    expect(parse('(a b) (c (d or (e or f)))')).toBe(`(and 'a' 'b' 'c' (or 'd' 'e' 'f'))`);
  });

  it('reads every operator, with and without spaces', () => {
    expect(parse('a:1 b=1 c!=1 d<1 e<=1 f>1 g>=1 h~1')).toBe(
      '(and "any/a"=1(1) "any/b"=1(1) "any/c"!=1(1) "any/d"<1(1) "any/e"<=1(1) "any/f">1(1) "any/g">=1(1) "any/h"~1)',
    );
    expect(parse('a = 1 b >= 2')).toBe('(and "any/a"=1(1) "any/b">=2(2))');
  });

  it('reads pins, trace fields and quoted keys', () => {
    expect(parse('resource.a:1 trace.spans>5 "name":x span."my key":x has:event."a b"')).toBe(
      '(and "resource/a"=1(1) "spans">5(5) "any/name"=x "span/my key"=x has<event."a b">)',
    );
  });

  it('keeps operators and closed brackets in an unquoted value', () => {
    expect(parse('url.full:http://x/y?a=b>c (http.route:/users/{id})')).toBe(
      '(and "any/url.full"=http://x/y?a=b>c "any/http.route"=/users/{id})',
    );
  });

  it('takes an unquoted star for a wildcard and a quoted or escaped one for itself', () => {
    expect(parse('a:x* b:"x*" c:x\\*')).toBe('(and "any/a"=*x** "any/b"="x*" "any/c"="x*")');
  });

  it('takes a space into a wildcard behind a backslash', () => {
    expect(parse('name:GET\\ /api*')).toBe('"name"=*GET /api**');
  });

  it('leaves commas, brackets and backslashes of a pattern alone', () => {
    expect(parse('name~^(a|b){1,2}\\(\\d x')).toBe(`(and "name"~^(a|b){1,2}\\(\\d 'x')`);
    expect(parse('name~"^\\d+ \\"x\\""')).toBe('"name"~"^\\d+ "x""');
  });

  it('reads escapes in quotes and leaves other backslashes', () => {
    expect(parse('"a\\"b\\\\c\\u0041\\d"')).toBe('"a"b\\cA\\d"');
  });

  it('reads structure from left to right', () => {
    expect(parse('{a} > {b or c} >> { } -{d}>{e}')).toBe(
      `(and [[{'a'} > {(or 'b' 'c')}] >> {}] (not [{'d'} > {'e'}]))`,
    );
  });

  it('gives ranges that hold each clause with its brackets', () => {
    const text = 'a (b or c) -service:x';
    const result = parseQuery(text);
    const root = result.ok ? result.query.root : null;
    const items = root?.type === 'and' ? root.items : [];
    expect(items.map(({ from, to }) => text.slice(from, to))).toEqual([
      'a',
      '(b or c)',
      '-service:x',
    ]);
  });

  it('reads the clauses around an error', () => {
    const result = parseQuery('service:a status==error (name:b or duration>5) c');
    expect(result.ok ? '' : shape(result.partial)).toBe(`(and "service"=a "name"=b 'c')`);
  });

  it('names the first error only', () => {
    const result = parseQuery('a status:err b==c');
    expect(result.ok ? '' : result.error.from).toBe(9);
  });
});

describe('numbers of a query', () => {
  const read = (text: string): string => {
    const result = readNumber(text);
    if (result.type !== 'number') return result.type;
    const { int, double, unit } = result.reading;
    return `${int} ${double} ${unit}`;
  };

  it.each([
    ['5', '5 5 null'],
    ['-2', '-2 -2 null'],
    ['1.50', 'null 1.5 null'],
    ['.5s', '500000000 500000000 duration'],
    ['1e3', '1000 1000 null'],
    ['0.1us', '100 100 duration'],
    ['0.1ns', 'null 0.1 duration'],
    ['2h', '7200000000000 7200000000000 duration'],
    ['7μs', '7000 7000 duration'],
    ['10KB', '10000 10000 bytes'],
    ['10kib', '10240 10240 bytes'],
    ['1.5KiB', '1536 1536 bytes'],
    ['18446744073709551615', '18446744073709551615 18446744073709552000 null'],
    ['18446744073709551616', 'null 18446744073709552000 null'],
    ['-9223372036854775808', '-9223372036854775808 -9223372036854776000 null'],
    ['-9223372036854775809', 'null -9223372036854776000 null'],
    ['9007199254740993', '9007199254740993 9007199254740992 null'],
    ['1e999999999', 'null Infinity null'],
    ['1e-999999999', 'null 0 null'],
    ['1e9999999999', 'none'],
    ['0x10', 'none'],
    ['5d', 'unknownUnit'],
    ['10ms5', 'none'],
    ['.', 'none'],
    ['', 'none'],
    ['NaN', 'none'],
  ])('reads %s as %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('reads ten thousand digits', () => {
    expect(read('9'.repeat(10_000))).toBe('null Infinity null');
    expect(read(`0.${'0'.repeat(9_000)}1`)).toBe('null 0 null');
    expect(read(`${'0'.repeat(9_000)}7`)).toBe('7 7 null');
  });
});

describe('moments of a query', () => {
  const read = (text: string): string => {
    const result = readMoment(text);
    return result.type === 'moment' ? String(result.unixNano) : result.type;
  };

  it.each([
    ['2026-05-01', '1777593600000000000'],
    ['2026-05-01T00:00Z', '1777593600000000000'],
    ['2026-05-01T02:30:00+02:30', '1777593600000000000'],
    ['2026-05-01T00:00:00.000000001Z', '1777593600000000001'],
    ['1777593600000000001', '1777593600000000001'],
    ['2026-05-01T00:00', 'noZone'],
    ['2026-13-01', 'none'],
    ['2026-02-29', 'none'],
    ['2024-02-29', '1709164800000000000'],
    ['18446744073709551616', 'none'],
  ])('reads %s as %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });
});

describe('attributeNames', () => {
  it('finds retired names from the current one and the other way round', () => {
    expect(attributeNames('http.request.method')).toEqual(['http.request.method', 'http.method']);
    expect(attributeNames('db.name')).toEqual([
      'db.name',
      'db.namespace',
      'db.redis.database_index',
    ]);
    expect(attributeNames('my.key')).toEqual(['my.key']);
  });
});

describe('hostile queries', () => {
  /** Reading ends with a tree or with an error that lies inside the text. */
  function survives(text: string): boolean {
    const result = parseQuery(text);
    if (result.ok) return true;
    const { from, to, message } = result.error;
    return (
      from >= 0 && from <= to && to <= text.length && message.length > 0 && message.length < 300
    );
  }

  it.each([
    ['brackets', '('.repeat(10_000)],
    ['sets', '{'.repeat(10_000)],
    ['negations', 'not '.repeat(2_500)],
    ['closed brackets', '('.repeat(5_000) + ')'.repeat(5_000)],
    ['closers', ')'.repeat(10_000)],
    ['quotes', '"'.repeat(10_000)],
    ['open quotes', '“a '.repeat(3_333)],
    ['commas', `a:${'b,'.repeat(4_999)}`],
    ['operators', '='.repeat(10_000)],
    ['a chain', `{}${'>{}'.repeat(3_332)}`],
    ['clauses', 'a:b '.repeat(2_500)],
    ['brackets of a value', `a:${'('.repeat(9_990)}`],
    ['backslashes', `a:${'\\'.repeat(9_990)}`],
    ['controls', '\u0000'.repeat(10_000)],
    ['half characters', '\ud800'.repeat(10_000)],
    ['or', 'or '.repeat(3_333)],
  ])('stands ten thousand characters of %s', (_, text) => {
    expect(survives(text)).toBe(true);
  });

  it('stands random texts', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    for (let i = 0; i < 3_000; i++) {
      const units = Array.from({ length: 1 + Math.floor(random() * 60) }, () =>
        random() < 0.5
          ? oddText(random)
          : String.fromCharCode(Math.floor(random() * (random() < 0.8 ? 0x7f : 0x10000))),
      );
      const text = units.join('');
      expect(survives(text), `seed ${seed}: ${JSON.stringify(text)}`).toBe(true);
    }
  });

  it('stands mutations of queries', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = seeded(seed);
    for (let i = 0; i < 3_000; i++) {
      const query = printQuery(randomTree(random, 3));
      const at = Math.floor(random() * query.length);
      const cut = at + Math.floor(random() * 4);
      const put = random() < 0.5 ? '' : pick(random, [...'"(){}:=<>~-,*\\ ', ' or ', 'not ']);
      const text = query.slice(0, at) + put + query.slice(cut);
      expect(survives(text), `seed ${seed}: ${JSON.stringify(text)}`).toBe(true);
    }
  });
});
