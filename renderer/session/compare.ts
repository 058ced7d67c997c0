/** The way to Compare from anywhere: two sets of traces, as parameters of the Flame screen. */
import type { Mark } from '../../proto/live/topics.ts';
import { writeClause } from '../../proto/query/edit.ts';
import { marksOf } from './marks.svelte.ts';
import type { Target } from './route.svelte.ts';
import type { Session } from './session.svelte.ts';

/** What can be compared from where the person is. */
export interface Comparable {
  /** Traces that are marked, or the one that is open. */
  readonly traceIds: readonly string[];
  readonly lastMark: Mark | undefined;
}

/** What the person has marked in the list of traces, or has open, and the last mark. */
export function comparableOf(session: Session): Comparable {
  const { keys, route } = session;
  const lastMark = marksOf(session).last;
  const marked = route.hasList ? route.listParam('sel').split(',') : [];
  const traceIds = marked.filter((id) => id !== '');
  const isInTrace = route.screen === 'trace' && (keys.pane !== 'traces' || traceIds.length === 0);
  return { traceIds: isInTrace ? [route.id] : traceIds, lastMark };
}

/**
 * Two traces with each other, the first of several with the rest, one with all others; without any,
 * before and after the last mark.
 */
export function compareTarget({ traceIds, lastMark }: Comparable): Target {
  const [first, ...rest] = traceIds;
  if (first === undefined) {
    return lastMark === undefined
      ? compare({})
      : compare({ as: `before:${lastMark.id}`, bs: `after:${lastMark.id}` });
  }
  if (rest.length === 0) return compare({ q: `-trace:${first}`, b: `trace:${first}` });
  return compare({ q: `trace:${first}`, b: `trace:${rest.join(',')}` });
}

/** One trace as B with those that began with the same operation as A. */
export function compareWithPeers(traceId: string, service: string, root: string): Target {
  const is = (name: 'service' | 'root', text: string): string =>
    writeClause({
      field: { type: 'intrinsic', name },
      values: [{ text, isString: true }],
      negated: false,
    });
  return compare({
    q: `${is('root', root)} ${is('service', service)} -trace:${traceId}`,
    b: `trace:${traceId}`,
  });
}

function compare(params: Readonly<Record<string, string>>): Target {
  return { screen: 'flame', params: { mode: 'compare', ...params } };
}
