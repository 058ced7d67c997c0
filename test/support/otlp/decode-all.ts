/** Walks a request to its items and decodes each with the engine's lazy decode. */
import {
  decodeDataPoint,
  decodeLogRecord,
  decodeResource,
  decodeScope,
  decodeSpan,
  pointType,
} from '../../../electron/engine/wire/decode.ts';
import { Cursor, WireError } from '../../../electron/engine/wire/cursor.ts';
import type { Signal } from '../../../proto/otlp/signal.ts';
import { dataPointOf, logRecordOf, resourceOf, scopeOf, spanOf } from './model-of.ts';
import type { Plain } from './proto-root.ts';

const GROUPS: Readonly<Record<Signal, readonly [string, string, string]>> = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  profiles: ['resourceProfiles', 'scopeProfiles', 'profiles'],
};
const KINDS = {
  gauge: 5,
  sum: 7,
  histogram: 9,
  exponentialHistogram: 10,
  summary: 11,
} as const;

/**
 * The resources, scopes and items of `bytes`, in wire order, decoded by us and, when `reference` is
 * the same request decoded by protobufjs, by it. Stops where `bytes` are malformed.
 */
export function decodeAll(
  signal: Signal,
  bytes: Uint8Array,
  reference?: Plain,
): { readonly ours: unknown[]; readonly theirs: unknown[] } {
  const ours: unknown[] = [];
  try {
    visit(bytes, [1], (group) => {
      visit(group, [1], (resource) => ours.push(decodeResource(resource)));
      visit(group, [2], (scopeGroup) => {
        visit(scopeGroup, [1], (scope) => ours.push(decodeScope(scope)));
        visit(scopeGroup, [2], (item) => decodeItem(signal, item, ours));
      });
    });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return { ours, theirs: reference ? referenceOf(signal, reference) : [] };
}

function decodeItem(signal: Signal, item: Uint8Array, into: unknown[]): void {
  if (signal === 'traces') into.push(decodeSpan(item));
  else if (signal === 'logs') into.push(decodeLogRecord(item));
  else if (signal === 'metrics') {
    visit(item, Object.values(KINDS), (data, kind) => {
      visit(data, [1], (point) => into.push(decodeDataPoint(kind, point)));
    });
  }
}

/** Calls `found` with each length-delimited field of one of these numbers. */
function visit(
  bytes: Uint8Array,
  fields: readonly number[],
  found: (payload: Uint8Array, field: number) => void,
): void {
  const cursor = new Cursor(bytes);
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
    if ((tag & 7) === 2 && fields.includes(tag >>> 3)) {
      const length = cursor.len();
      found(bytes.subarray(cursor.pos, cursor.pos + length), tag >>> 3);
      cursor.pos += length;
    } else cursor.skip(tag);
  }
}

function referenceOf(signal: Signal, request: Plain): unknown[] {
  const [groupList, scopeList, itemList] = GROUPS[signal];
  const list = (holder: Plain, key: string): Plain[] => (holder[key] as Plain[] | undefined) ?? [];
  return list(request, groupList).flatMap((group) => [
    ...('resource' in group ? [resourceOf(group['resource'] as Plain, '')] : []),
    ...list(group, scopeList).flatMap((scopeGroup) => [
      ...('scope' in scopeGroup ? [scopeOf(scopeGroup['scope'] as Plain, '')] : []),
      ...list(scopeGroup, itemList).flatMap((item) => referenceItem(signal, item)),
    ]),
  ]);
}

function referenceItem(signal: Signal, item: Plain): unknown[] {
  if (signal === 'traces') return [spanOf(item)];
  if (signal === 'logs') return [logRecordOf(item)];
  if (signal === 'profiles') return [];
  return Object.entries(KINDS).flatMap(([key, kind]) => {
    const data = item[key] as Plain | undefined;
    return ((data?.['dataPoints'] as Plain[] | undefined) ?? []).map((point) =>
      dataPointOf(pointType(kind), point),
    );
  });
}
