/** The lines of the popup of a query box: what they say, how they are grouped, what they do. */
import { tokenRanges } from '../../../proto/query/edit.ts';
import type { TokenRange } from '../../../proto/query/lexer.ts';
import { keywordOf } from '../../../proto/query/words.ts';
import type { QuerySource, Suggested, SuggestedItem } from './query-source.ts';

/** Lines of one group at most; more of them nobody reads. */
const MOST_OF_A_GROUP = 50;
const MOST_SAVED_WHILE_TYPING = 4;

export type OptionGroup = SuggestedItem['kind'] | 'trace' | 'saved' | 'recent';

/** One line that can be chosen. */
export interface Option {
  readonly group: OptionGroup;
  readonly label: string;
  readonly detail: string;
  readonly count: number | null;
  /** What a field was seen with: "14 values" and some of them; '' when nothing is known. */
  readonly values: string;
  readonly examples: string;
  /** What it writes, and in the place of what; `whole` ones are a query of their own. */
  readonly insert: string;
  readonly range: TokenRange;
  readonly isWhole: boolean;
}

/** Options of one kind under their title. */
export interface OptionSection {
  readonly group: OptionGroup;
  readonly title: string;
  readonly options: readonly Option[];
}

const TITLES: Readonly<Record<OptionGroup, string>> = {
  trace: 'Trace',
  field: 'Fields',
  value: 'Values',
  operator: 'Operators',
  unit: 'Units',
  keyword: 'Combine',
  saved: 'Saved',
  recent: 'Recent',
};

const TRACE_ID = /^[0-9a-f]{32}$/i;

/** The trace id that a query consists of, in lower case; '' when it is none. */
export function traceIdOf(text: string): string {
  const id = text.trim();
  return TRACE_ID.test(id) && !/^0+$/.test(id) ? id.toLowerCase() : '';
}

/** What can be chosen while a query is written. */
export function optionsFor(text: string, suggested: Suggested, source: QuerySource): Option[] {
  const range = { from: suggested.from, to: suggested.to };
  const typed = text.slice(range.from, range.to);
  const items = suggested.items
    .filter(({ insert }) => insert !== typed)
    .slice(0, MOST_OF_A_GROUP)
    .map(({ label, insert, kind, detail, count, values }) => ({
      group: kind,
      label,
      detail,
      count,
      values: values === undefined ? '' : valuesText(values),
      examples: values?.examples.join(', ') ?? '',
      insert,
      range,
      isWhole: false,
    }));
  const saved = savedFor(text, range, source);
  return [...traceOptions(text), ...items, ...saved];
}

function valuesText({ distinct, hasMore }: NonNullable<SuggestedItem['values']>): string {
  if (hasMore) return `${distinct}+ values`;
  return distinct === 1 ? '1 value' : `${distinct} values`;
}

/** Saved queries whose name begins with all that is written, or with the word at the cursor. */
function savedFor(text: string, range: TokenRange, source: QuerySource): Option[] {
  const all = text.trim().toLowerCase();
  const word = text.slice(range.from, range.to).toLowerCase();
  const found: Option[] = [];
  for (const { name, text: query } of source.saved) {
    const start = name.toLowerCase();
    if (all !== '' && start.startsWith(all)) {
      found.push(wholeOption('saved', name, query, { from: 0, to: text.length }));
    } else if (word !== '' && start.startsWith(word)) {
      found.push(wholeOption('saved', name, isUnion(query) ? `(${query})` : query, range));
    }
  }
  return found.slice(0, MOST_SAVED_WHILE_TYPING);
}

/** Whether a query would mean something else behind another clause. */
function isUnion(query: string): boolean {
  return tokenRanges(query).some(
    ({ kind, from, to }) => kind === 'keyword' && keywordOf(query.slice(from, to)) === 'or',
  );
}

const NO_VALUES = { count: null, values: '', examples: '' } as const;

function traceOptions(text: string): Option[] {
  const id = traceIdOf(text);
  if (id === '') return [];
  const range = { from: 0, to: text.length };
  const label = `Open trace ${id.slice(0, 8)}`;
  return [{ ...NO_VALUES, group: 'trace', label, detail: '', insert: id, range, isWhole: true }];
}

/** Saved and recent queries, for an empty box. */
export function pastOptions(source: QuerySource): Option[] {
  const start = { from: 0, to: 0 };
  return [
    ...source.saved.map(({ name, text }) => wholeOption('saved', name, text, start)),
    ...source.recent
      .slice(0, MOST_OF_A_GROUP)
      .map((text) => wholeOption('recent', text, text, start)),
  ];
}

function wholeOption(
  group: 'saved' | 'recent',
  label: string,
  insert: string,
  range: TokenRange,
): Option {
  const detail = group === 'saved' ? insert : '';
  return { ...NO_VALUES, group, label, detail, insert, range, isWhole: true };
}

/** The options by kind, in the order in which the kinds appear first. */
export function sectionsOf(options: readonly Option[]): OptionSection[] {
  const groups = [...new Set(options.map(({ group }) => group))];
  return groups.map((group) => ({
    group,
    title: TITLES[group],
    options: options.filter((option) => option.group === group),
  }));
}

/** The part of a label that matches what was typed: it, or as many of its first letters as agree. */
export function matchIn(label: string, typed: string): TokenRange {
  const there = label.toLowerCase();
  const wanted = typed.toLowerCase();
  const from = wanted === '' ? -1 : there.indexOf(wanted);
  if (from >= 0) return { from, to: from + wanted.length };
  let to = 0;
  while (to < wanted.length && there[to] === wanted[to]) to++;
  return { from: 0, to };
}

/**
 * The query without the bare word that the cursor is in: while it can still become a field, it is
 * not searched for.
 */
export function withoutWordAt(text: string, cursor: number): string {
  const word = tokenRanges(text).find(({ from, to }) => from <= cursor && cursor <= to);
  if (word?.kind !== 'text' || word.negated) return text;
  return `${text.slice(0, word.from)}${text.slice(word.to)}`;
}
