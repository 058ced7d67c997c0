/**
 * Which traces a side of the Flame screen holds, as the URL says it: `all` is '', what senders brought
 * is `live`, `before:<mark>` and `after:<mark>` are bounded by a mark, `import:<n>` is a file.
 */
import { shortId } from '../../base/format.ts';
import type { FlameImport, FlameSide, Filter, Mark } from '../../../proto/live/topics.ts';

/** The parameters of the URL that make a side: its query and its source. */
export const PARAMS = { a: { query: 'q', source: 'as' }, b: { query: 'b', source: 'bs' } } as const;

/** What a side can be made of. */
export interface SourceContext {
  readonly marks: readonly Mark[];
  readonly imports: readonly FlameImport[];
}

/** One choice of the picker. */
export interface SourceChoice {
  readonly value: string;
  readonly label: string;
}

/** Marks that are offered, the newest. */
const MAX_MARKS = 12;

/** The side that a source and a filter name; undefined for a mark that is not there. */
export function sideOf(
  filter: Filter,
  source: string,
  marks: readonly Mark[],
): FlameSide | undefined {
  const [kind, id = ''] = partsOf(source);
  switch (kind) {
    case 'live':
      return { filter, source: 'live' };
    case 'import':
      return /^\d{1,15}$/.test(id) ? { filter, source: Number(id) } : undefined;
    case 'before':
    case 'after': {
      const mark = marks.find((each) => each.id === id);
      if (mark === undefined) return undefined;
      const { timeUnixNano } = mark;
      return kind === 'before'
        ? { filter, toUnixNano: timeUnixNano }
        : { filter, fromUnixNano: timeUnixNano };
    }
    default:
      return { filter };
  }
}

/** What the picker says of a side. */
export function sourceLabel(source: string, query: string, context: SourceContext): string {
  const [kind, id = ''] = partsOf(source);
  switch (kind) {
    case 'live':
      return 'Live';
    case 'import':
      return context.imports.find((each) => String(each.id) === id)?.name ?? 'File';
    case 'before':
    case 'after': {
      const label = context.marks.find((each) => each.id === id)?.label ?? 'a mark that is gone';
      return `${kind === 'before' ? 'Before' : 'After'} ${label}`;
    }
    default:
      return queryLabel(query);
  }
}

function queryLabel(query: string): string {
  const ids = tracesOf(query);
  const [first] = ids;
  if (first === undefined) return query.trim() === '' ? 'All traces' : 'Query';
  return ids.length === 1 ? `Trace ${shortId(first, 8)}` : `${ids.length} traces`;
}

/** The ids of a query that names traces and nothing else. */
export function tracesOf(query: string): readonly string[] {
  const [, ids] = /^trace:([0-9a-f]{32}(?:,[0-9a-f]{32})*)$/.exec(query.trim()) ?? [];
  return ids?.split(',') ?? [];
}

/** What can be chosen: everything, files, and both sides of the newest marks. */
export function sourceChoices({ marks, imports }: SourceContext): SourceChoice[] {
  const choices: SourceChoice[] = [{ value: '', label: 'All traces' }];
  if (imports.length > 0) choices.push({ value: 'live', label: 'Live, without files' });
  for (const { id, name } of imports) choices.push({ value: `import:${id}`, label: name });
  for (const { id, label } of marks.slice(-MAX_MARKS).reverse()) {
    choices.push({ value: `before:${id}`, label: `Before ${label}` });
    choices.push({ value: `after:${id}`, label: `After ${label}` });
  }
  return choices;
}

/** The brush of the list of traces that a side's range of time is; '' without one. */
export function brushOf({ fromUnixNano, toUnixNano }: FlameSide): string {
  if (fromUnixNano === undefined && toUnixNano === undefined) return '';
  return `${fromUnixNano ?? '0'}-${toUnixNano ?? LAST_NS}-0-${Number.MAX_SAFE_INTEGER}`;
}

/** The last ns that a time can have. */
const LAST_NS = String(2n ** 64n - 1n);

function partsOf(source: string): readonly [kind: string, id?: string] {
  const at = source.indexOf(':');
  return at === -1 ? [source] : [source.slice(0, at), source.slice(at + 1)];
}
