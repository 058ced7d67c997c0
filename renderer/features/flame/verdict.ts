/** The verdict of a comparison in words. */
import { formatCount, formatDifference, formatDuration, formatItems } from '../../base/format.ts';
import { FLAME_DIFF_LEAST, type FlameDiffMeta } from '../../../proto/live/topics.ts';

export interface Verdict {
  readonly title: string;
  readonly detail: string;
}

/** Below this p a difference is called one. */
export const LEVEL = 0.05;

/** Which side is slower, by how much, and how sure that is. */
export function verdictOf({ a, b, p, superiority, shared }: FlameDiffMeta): Verdict {
  for (const [name, { traceCount }] of [
    ['A', a],
    ['B', b],
  ] as const) {
    if (traceCount === 0) {
      return { title: `No trace matches ${name}`, detail: 'The graph shows the other side alone.' };
    }
  }
  const changeNs = b.medianNs - a.medianNs;
  const times = `${formatDuration(a.medianNs)} \u2192 ${formatDuration(b.medianNs)}`;
  if (a.traceCount === 1 && b.traceCount === 1) {
    const title = changeNs === 0 ? 'A and B take the same time' : sizeOf(changeNs);
    return { title, detail: `${times}, one trace each: chance is not ruled out` };
  }
  const both = shared === 0 ? '' : `, ${formatItems(shared, 'trace')} on both sides`;
  const medians = `median ${times} per trace${both}`;
  if (p === null) {
    const least = Math.min(a.tested, b.tested);
    const few = `${formatCount(least)} ${least === 1 ? 'trace is' : 'traces are'} too few`;
    return {
      title: `No clear difference, ${few}`,
      detail: `${medians}, a verdict needs ${FLAME_DIFF_LEAST}`,
    };
  }
  const sure = `${medians}, Mann-Whitney U: ${chanceText('p', p)}`;
  // The test ranks all traces; where their middle says otherwise there is no simple word for it.
  if (p >= LEVEL || changeNs === 0 || changeNs > 0 !== superiority > 0.5) {
    return { title: 'No clear difference', detail: sure };
  }
  return { title: sizeOf(changeNs), detail: sure };
}

function sizeOf(changeNs: number): string {
  const size = formatDifference(Math.abs(changeNs)).slice(1);
  return `B is ${changeNs > 0 ? 'slower' : 'faster'} by ${size}`;
}

/** `p = 0.021`, `q < 0.001`. */
export function chanceText(name: 'p' | 'q', value: number): string {
  return value < 0.001 ? `${name} < 0.001` : `${name} = ${value.toFixed(3)}`;
}
