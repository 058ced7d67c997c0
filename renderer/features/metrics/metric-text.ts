/** Metrics in words: instrument kinds, values in their units, groups by service and scope. */
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRateNumber,
} from '../../base/format.ts';
import type { MetricRow } from '../../../proto/live/topics.ts';

/** The instrument that a metric comes from, as far as its data tells. */
export function kindText(row: MetricRow): string {
  switch (row.kind) {
    case 'sum':
      return row.monotonic ? 'counter' : 'up-down counter';
    case 'exponentialHistogram':
      return 'exponential histogram';
    case 'gauge':
    case 'histogram':
    case 'summary':
      return row.kind;
  }
}

/** Nanoseconds in one of the time units that UCUM names. */
const TIME_UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  min: 60e9,
  h: 3600e9,
};

/** Bytes in one of the size units that UCUM names. */
const BYTE_UNITS: Readonly<Record<string, number>> = {
  By: 1,
  kBy: 1e3,
  MBy: 1e6,
  GBy: 1e9,
  KiBy: 1024,
  MiBy: 1024 ** 2,
  GiBy: 1024 ** 3,
};

/** What an annotation such as `{request}` counts; '' for other units. */
function annotation(unit: string): string {
  return /^\{(.*)\}$/.exec(unit)?.[1] ?? '';
}

/** A value in its unit: times as durations, bytes as sizes, counts with separators. */
export function formatValue(value: number, unit: string): string {
  const nsPerUnit = TIME_UNITS[unit];
  if (nsPerUnit !== undefined) return formatDuration(value * nsPerUnit);
  const bytesPerUnit = BYTE_UNITS[unit];
  if (bytesPerUnit !== undefined && value >= 0) return formatBytes(value * bytesPerUnit);
  if (unit === '%') return formatPercent(value / 100, 1);
  const isBare = unit === '' || unit === '1' || annotation(unit) !== '';
  return isBare ? plainNumber(value) : `${plainNumber(value)} ${unit}`;
}

function plainNumber(value: number): string {
  if (Number.isInteger(value)) return formatCount(value);
  if (Math.abs(value) >= 1000) return formatCount(value);
  return String(Number(value.toPrecision(4))).replace('-', '\u2212');
}

/** The current value of a metric, and a sentence about what the number is. */
export function currentValue(row: MetricRow): { readonly value: string; readonly about: string } {
  if (row.pointCount === 0) return { value: '–', about: 'no points in memory' };
  const current = lastValue(row);
  return row.pointCount === 1 ? { value: current.value, about: '1 point so far' } : current;
}

function lastValue(row: MetricRow): { readonly value: string; readonly about: string } {
  const what = annotation(row.unit);
  if (row.pointCount === 1 && row.isRate) return { value: '–', about: '' };
  const distribution = DISTRIBUTION.exec(row.last);
  if (distribution !== null) return distributionValue(distribution, row.unit);
  const number = Number(row.last);
  if (row.last === '' || Number.isNaN(number)) return { value: row.last, about: '' };
  if (!row.isRate) return { value: formatValue(number, row.unit), about: what };
  const perSecond =
    BYTE_UNITS[row.unit] === undefined ? formatRateNumber(number) : formatValue(number, row.unit);
  const unit = what === '' && BYTE_UNITS[row.unit] === undefined ? unitWord(row.unit) : what;
  return { value: `${perSecond}/s`, about: unit };
}

/** The text of the last value of histograms and summaries: `count 12, mean 0.5` or `count 12`. */
const DISTRIBUTION = /^count (\d+)(?:, mean (.+))?$/;

function distributionValue(
  [, count = '0', mean]: RegExpExecArray,
  unit: string,
): { readonly value: string; readonly about: string } {
  const values = `${formatCount(Number(count))} ${count === '1' ? 'value' : 'values'}`;
  if (mean === undefined) return { value: values, about: '' };
  return { value: formatValue(Number(mean), unit), about: `mean of ${values}` };
}

function unitWord(unit: string): string {
  return unit === '1' ? '' : unit;
}

/** Metrics of one service and scope, in the order of the catalog. */
export interface MetricGroup {
  readonly key: string;
  readonly service: string;
  readonly scope: string;
  /** Metrics with their row in the frame's columns. */
  readonly metrics: readonly { readonly row: MetricRow; readonly index: number }[];
}

/** Groups rows by service and scope, keeping the order in which each first appears. */
export function groupMetrics(rows: readonly MetricRow[]): readonly MetricGroup[] {
  const groups = new Map<string, { row: MetricRow; index: number }[]>();
  rows.forEach((row, index) => {
    const key = JSON.stringify([row.service, row.scope]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [{ row, index }]);
    else group.push({ row, index });
  });
  return [...groups].map(([key, metrics]) => ({
    key,
    service: metrics[0]?.row.service ?? '',
    scope: metrics[0]?.row.scope ?? '',
    metrics,
  }));
}
