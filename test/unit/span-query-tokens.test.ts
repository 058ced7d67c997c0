/** How queries of databases without SQL are laid out and coloured. */
import { describe, expect, it } from 'vitest';
import { queryTokens } from '../../renderer/features/trace/panel/query-tokens.ts';

describe('a query that is no SQL', () => {
  const text = (query: string, language: 'json' | 'command'): string =>
    queryTokens(query, language)
      .map((token) => token.text)
      .join('');
  const query = JSON.stringify({
    find: 'products',
    filter: { tags: { $in: ['rye', '?'] }, price: { $lt: 4 } },
    limit: 20,
  });

  it('has a line for each key of JSON, and short maps on one line', () => {
    expect(text(query, 'json')).toBe(
      [
        '{',
        '  "find": "products",',
        '  "filter": {',
        '    "tags": { "$in": ["rye", "?"] },',
        '    "price": { "$lt": 4 }',
        '  },',
        '  "limit": 20',
        '}',
      ].join('\n'),
    );
    expect(JSON.parse(text(query, 'json'))).toEqual(JSON.parse(query));
  });

  it('is coloured by keys, texts and numbers, or by its command', () => {
    const kinds = queryTokens('{"a": ["b", 1.5, true]}', 'json')
      .filter(({ kind }) => kind !== 'space' && kind !== 'name')
      .map((token) => `${token.kind} ${token.text}`);
    expect(kinds).toEqual(['keyword "a"', 'string "b"', 'number 1.5', 'keyword true']);
    expect(queryTokens('GET a\nSET b', 'command').filter(({ kind }) => kind === 'keyword')).toEqual(
      [
        { kind: 'keyword', text: 'GET' },
        { kind: 'keyword', text: 'SET' },
      ],
    );
  });

  it('is shown as it is where it was cut', () => {
    expect(text(query.slice(0, 40), 'json')).toBe(query.slice(0, 40));
    expect(text('SET a 1\n\n  GET b', 'command')).toBe('SET a 1\n\n  GET b');
  });
});
