/** `query.check`: reads a query without asking it. */
import type { Methods } from '../../../proto/live/methods.ts';
import type { LiveContext } from './context.ts';
import { readChoice, readText, type Fields } from './params.ts';

/** Longer texts than a query may have are told so, in the query's own words. */
const MAX_TEXT = 100_000;

export function checkText(
  { queries }: LiveContext,
  params: Fields,
): Methods['query.check']['result'] {
  const text = readText(params, 'text', MAX_TEXT);
  return queries.check(text, readChoice(params, 'target', ['traces', 'spans', 'logs', 'metrics']));
}
