/** The brush of the latency strip, as the URL carries it. */
import type { Brush } from '../../proto/live/topics.ts';

const BRUSH = /^(\d{1,20})-(\d{1,20})-(\d{1,16}(?:\.\d+)?)-(\d{1,16}(?:\.\d+)?)$/;
const TOO_LATE = 2n ** 64n;

/** Reads `fromNs-toNs-minNs-maxNs`; null for anything else. */
export function parseBrush(param: string): Brush | null {
  const [, fromNs, toNs, min, max] = BRUSH.exec(param) ?? [];
  if (fromNs === undefined || toNs === undefined) return null;
  if (BigInt(fromNs) >= BigInt(toNs) || BigInt(toNs) >= TOO_LATE) return null;
  const brush = { fromNs, toNs, minNs: Number(min), maxNs: Number(max) };
  return brush.minNs < brush.maxNs ? brush : null;
}

/** Writes a brush for the URL; '' for none. Durations keep a thousandth of a ns. */
export function formatBrush(brush: Brush | null): string {
  if (brush === null) return '';
  const ns = (value: number): string =>
    value >= Number.MAX_SAFE_INTEGER ? String(value) : String(Number(value.toFixed(3)));
  return `${brush.fromNs}-${brush.toNs}-${ns(brush.minNs)}-${ns(brush.maxNs)}`;
}
