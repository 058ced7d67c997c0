/** The stretch of time that the density narrows the list to. */
import type { Filter } from '../../proto/live/topics.ts';

/** What is at or after `fromNs` and before `toNs`, in ns since the Unix epoch. */
export interface LogBrush {
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

/** The brush that two parameters of the URL name; undefined when they name none. */
export function readBrush(from: string, to: string): LogBrush | undefined {
  if (!/^\d{1,19}$/.test(from) || !/^\d{1,19}$/.test(to)) return undefined;
  const brush = { fromNs: BigInt(from), toNs: BigInt(to) };
  return brush.fromNs < brush.toNs ? brush : undefined;
}

/** A filter that takes only what is in the brush. */
export function withBrush(filter: Filter, brush: LogBrush | undefined): Filter {
  if (brush === undefined) return filter;
  const clause = `start>=${brush.fromNs} start<${brush.toNs}`;
  const text = filter.text.trim();
  return { ...filter, text: text === '' ? clause : `(${text}) ${clause}` };
}
