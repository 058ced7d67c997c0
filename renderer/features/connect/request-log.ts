/** The receiver log as the page keeps it: the newest lines, repeated ones counted. */
import type { RequestEntry } from '../../../proto/live/topics.ts';

/** Lines kept by the page. */
export const REQUEST_LIMIT = 200;

/**
 * The lines after a frame. A delta adds lines; one of a known ordinal replaces it, which is how a line
 * that repeats counts up.
 */
export function mergeRequests(
  known: readonly RequestEntry[],
  incoming: readonly RequestEntry[],
  isSnapshot: boolean,
): readonly RequestEntry[] {
  const byOrdinal = new Map<number, RequestEntry>();
  if (!isSnapshot) for (const entry of known) byOrdinal.set(entry.ordinal, entry);
  for (const entry of incoming) byOrdinal.set(entry.ordinal, entry);
  return [...byOrdinal.values()].sort((a, b) => a.ordinal - b.ordinal).slice(-REQUEST_LIMIT);
}
