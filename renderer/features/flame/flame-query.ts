/** From a box of the merged flame graph to the query that selects the traces behind it. */
import { FLAME_KIND } from '../../../proto/live/topics.ts';
import type { MergedFlame } from '../../canvas/merge-model.ts';
import { tokenRanges, writeClause } from '../../../proto/query/edit.ts';
import { quoteField, quoteValue } from '../../../proto/query/quote.ts';
import type { Intrinsic } from '../../../proto/query/words.ts';
import { keywordOf } from '../../../proto/query/words.ts';

/** The most steps of a path, and characters, that a query names; beyond, only its deepest part. */
const MAX_STEPS = 32;
const MAX_LENGTH = 8000;

/**
 * The query `text`, narrowed to traces that have the node's path. Not `text` itself for all traces. Of
 * what is folded by a field, a box is a run of spans: what is below it may be anywhere below.
 */
export function queryOfNode(text: string, flame: MergedFlame, node: number): string {
  const path = flame.path(node).filter((step) => flame.isSpans(step));
  const sets = path.map((step) => setOf(flame, step)).slice(-MAX_STEPS);
  const below = flame.meta.by === '' ? ' > ' : ' >> ';
  while (sets.length > 1 && sets.join(below).length > MAX_LENGTH) sets.shift();
  return withStructure(text, sets.join(below));
}

/** Adds a structure to every alternative of a query: brackets around them would change what `-` says. */
export function withStructure(text: string, structure: string): string {
  if (structure === '') return text.trim();
  const parts: string[] = [];
  let from = 0;
  for (const range of tokenRanges(text)) {
    if (range.kind !== 'keyword' || keywordOf(text.slice(range.from, range.to)) !== 'or') continue;
    parts.push(text.slice(from, range.from));
    from = range.to;
  }
  parts.push(text.slice(from));
  return parts.map((part) => `${part.trim()} ${structure}`.trim()).join(' or ');
}

/** The query `text`, narrowed to traces in which a span has the attribute value. */
export function queryOfValue(text: string, key: string, value: string): string {
  return withStructure(text, `${quoteField('any', key)}:${quoteValue(value, 'plain')}`);
}

/** One step of a path as a set of spans. Roots have no parent. */
function setOf(flame: MergedFlame, node: number): string {
  const clauses = flame.meta.by === '' ? operationOf(flame, node) : [valueOf(flame, node)];
  if (flame.parent(node) === -1) clauses.push('-has:parent');
  return `{ ${clauses.join(' ')} }`;
}

function operationOf(flame: MergedFlame, node: number): string[] {
  const is = (name: Intrinsic, text: string): string =>
    writeClause({
      field: { type: 'intrinsic', name },
      values: [{ text, isString: true }],
      negated: false,
    });
  return [is('service', flame.service(node)), is('name', flame.exactName(node))];
}

/** The field is one that the engine has read as such; spaces and the like need quotes in a query. */
function valueOf(flame: MergedFlame, node: number): string {
  const field = flame.meta.by;
  const by = /^[\w.-]+$/.test(field) ? field : quoteField('any', field);
  if (flame.columns.kind[node] === FLAME_KIND.noValue) return `-has:${by}`;
  return `${by}:${quoteValue(flame.exactName(node), 'plain')}`;
}
