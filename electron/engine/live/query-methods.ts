/** `query.check` and `query.complete`: what a query box asks while somebody types. */
import type { Methods, QueryTarget } from '../../../proto/live/methods.ts';
import { complete } from '../query/complete.ts';
import type { LiveContext } from './context.ts';
import { readChoice, readCount, readText, type Fields } from './params.ts';

/** Longer texts than a query may have are told so, in the query's own words. */
const MAX_TEXT = 100_000;

function readTarget(params: Fields): QueryTarget {
  return readChoice(params, 'target', ['traces', 'spans', 'logs', 'metrics']);
}

export function checkText(
  { queries }: LiveContext,
  params: Fields,
): Methods['query.check']['result'] {
  return queries.check(readText(params, 'text', MAX_TEXT), readTarget(params));
}

export function completeText(
  { options, completer }: LiveContext,
  params: Fields,
  onCancel: (stop: () => void) => void,
): Promise<Methods['query.complete']['result']> {
  const text = readText(params, 'text', MAX_TEXT);
  const cursor = readCount(params, 'cursor', text.length);
  const target = readTarget(params);
  return new Promise((resolve) => {
    onCancel(complete(options, completer, { text, cursor, target }, resolve));
  });
}
