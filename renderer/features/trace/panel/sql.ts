/** SQL in tokens for colour, and broken into lines at its clauses. Any dialect, never an error. */

export type SqlTokenKind =
  'keyword' | 'string' | 'number' | 'parameter' | 'comment' | 'name' | 'space';

export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly text: string;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  `select from where and or not in is null like ilike between exists case when then else end as on
  using join inner left right full outer cross lateral natural group by having order limit offset
  fetch first next rows only union all intersect except insert into values update set delete
  returning with recursive distinct create table index view alter drop truncate begin commit
  rollback for share skip locked nowait conflict do nothing merge matched asc desc nulls last over
  partition window filter cast explain analyze call exec replace top primary key references default
  true false if lock grant to copy upsert`.split(/\s+/),
);

const TOKEN =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>[EeNnXx]?'(?:[^'\\]|''|\\[\s\S])*(?:'|$)|\$(?<tag>[A-Za-z_]\w*|)\$[\s\S]*?(?:\$\k<tag>\$|$))|(?<name>"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[A-Za-z_][^\]\n]*\])|(?<parameter>\$\d+|\?\d*|[:@][A-Za-z_]\w*|%\(\w+\)s|%s|#\{\w+\})|(?<number>\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<space>\s+)|(?<other>::|<=|>=|<>|!=|\|\||[\s\S])/giu;

/** Longer texts are shown as they are. */
export const MAX_SQL = 100_000;

/** Tokens of a text; joined they are the text. */
export function sqlTokens(text: string): SqlToken[] {
  if (text.length > MAX_SQL) return [{ kind: 'name', text }];
  return [...text.matchAll(TOKEN)].map((match) => {
    const groups = match.groups ?? {};
    return { kind: kindOf(groups), text: match[0] };
  });
}

function kindOf(groups: Readonly<Record<string, string | undefined>>): SqlTokenKind {
  if (groups['comment'] !== undefined) return 'comment';
  if (groups['string'] !== undefined) return 'string';
  if (groups['parameter'] !== undefined) return 'parameter';
  if (groups['number'] !== undefined) return 'number';
  if (groups['space'] !== undefined) return 'space';
  const word = groups['word'];
  return word !== undefined && KEYWORDS.has(word.toLowerCase()) ? 'keyword' : 'name';
}

/** Words that begin a line of their own, and how deep they stand in it. */
const LINE_STARTS: Readonly<Record<string, number>> = {
  select: 0, from: 0, where: 0, group: 0, having: 0, order: 0, limit: 0, offset: 0, fetch: 0,
  union: 0, intersect: 0, except: 0, values: 0, set: 0, returning: 0, window: 0, for: 0,
  join: 0, inner: 0, left: 0, right: 0, full: 0, cross: 0, natural: 0, and: 1, or: 1,
}; // prettier-ignore

const JOIN_WORDS: ReadonlySet<string> = new Set([
  'inner', 'left', 'right', 'full', 'cross', 'natural', 'outer', 'lateral', 'join',
]); // prettier-ignore

/**
 * The tokens with line breaks at clauses, nested two spaces a level. A text that has line breaks
 * already, or fits one line of 44 characters, keeps its own form.
 */
export function formatSql(text: string): SqlToken[] {
  const tokens = sqlTokens(text.trim());
  if (text.trim().length <= 44 || /\n/.test(text.trim()) || text.length > MAX_SQL) return tokens;
  const out: SqlToken[] = [];
  const nested: boolean[] = [];
  let before = '';
  let isBetween = false;
  tokens.forEach((token, at) => {
    const word = token.kind === 'keyword' ? token.text.toLowerCase() : '';
    if (token.kind === 'space') {
      if (out.at(-1)?.kind !== 'space') out.push({ kind: 'space', text: ' ' });
      return;
    }
    if (token.text === '(') nested.push(isSubquery(tokens, at));
    const closes = token.text === ')' ? nested.pop() === true : false;
    const depth = nested.filter(Boolean).length;
    // A list in brackets stays on its line; a subquery has lines of its own.
    const isInList = nested.length > 0 && nested.at(-1) === false;
    const step = Object.hasOwn(LINE_STARTS, word) ? LINE_STARTS[word] : undefined;
    const staysBehind =
      (isBetween && word === 'and') ||
      (JOIN_WORDS.has(word) && JOIN_WORDS.has(before)) ||
      (word === 'set' && before === 'update') ||
      (word === 'from' && before === 'distinct') ||
      (word === 'order' && before === 'group');
    if (closes) newLine(out, depth);
    else if (step !== undefined && !isInList && !staysBehind) newLine(out, depth + step);
    if (word === 'between') isBetween = true;
    else if (word === 'and') isBetween = false;
    out.push(token);
    before = word;
  });
  return out;
}

function isSubquery(tokens: readonly SqlToken[], at: number): boolean {
  const next = tokens.slice(at + 1).find(({ kind }) => kind !== 'space' && kind !== 'comment');
  return next?.kind === 'keyword' && /^(select|with)$/i.test(next.text);
}

/** Ends the line, unless nothing was written yet. */
function newLine(out: SqlToken[], depth: number): void {
  if (out.length === 0) return;
  if (out.at(-1)?.kind === 'space') out.pop();
  out.push({ kind: 'space', text: `\n${'  '.repeat(depth)}` });
}
