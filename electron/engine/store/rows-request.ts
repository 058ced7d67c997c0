/** Encodes single rows of the store as one export request. */
import { encodeMetric, rebuildRequest, type ResourceItems } from '../wire/rewrite.ts';
import type { Batches } from './batch-table.ts';
import type { MetricCatalog } from './metric-catalog.ts';
import type { Points } from './point-table.ts';
import type { Resources, Scopes } from './resource-table.ts';
import { SLOT_MASK, type ItemColumns } from './schema.ts';

export interface RequestParts {
  readonly resources: Resources;
  readonly scopes: Scopes;
  readonly batches: Batches;
}

/** The part of an item table that is read here. */
interface ItemTable {
  at(row: number): ItemColumns;
}

/** A request of these spans or log records, grouped by resource and scope in order of first sight. */
export function rowsRequest(
  signal: 'traces' | 'logs',
  table: ItemTable,
  rows: readonly number[],
  parts: RequestParts,
): Uint8Array<ArrayBuffer> {
  return rebuildRequest(
    signal,
    groupRows(table, rows, parts, (members) => members.map((row) => itemBytes(table, row, parts))),
  );
}

/** The same for data points, which are put back into their metrics. */
export function pointsRequest(
  points: Points,
  metrics: MetricCatalog,
  rows: readonly number[],
  parts: RequestParts,
): Uint8Array<ArrayBuffer> {
  const encode = (members: readonly number[]): Uint8Array[] => {
    const byMetric = new Map<number, Uint8Array[]>();
    for (const row of members) {
      const id = metrics.seriesOf(points.at(row).series[row & SLOT_MASK]).metric;
      push(byMetric, id, itemBytes(points, row, parts));
    }
    return [...byMetric].flatMap(([id, items]) => {
      const metric = metrics.find(id);
      return metric === undefined ? [] : [encodeMetric(metric, items)];
    });
  };
  return rebuildRequest('metrics', groupRows(points, rows, parts, encode));
}

function groupRows(
  table: ItemTable,
  rows: readonly number[],
  { resources, scopes }: RequestParts,
  encode: (rows: readonly number[]) => readonly Uint8Array[],
): ResourceItems[] {
  const groups = new Map<number, Map<number, number[]>>();
  for (const row of rows) {
    const segment = table.at(row);
    const slot = row & SLOT_MASK;
    const resource = segment.resourceOf(slot);
    let byScope = groups.get(resource);
    if (byScope === undefined) groups.set(resource, (byScope = new Map()));
    push(byScope, segment.scopeOf(slot), row);
  }
  return [...groups].map(([resource, byScope]) => ({
    resource: resources.bytes(resource),
    schemaUrl: resources.schemaUrl(resource),
    scopes: [...byScope].map(([scope, members]) => ({
      scope: scopes.bytes(scope),
      schemaUrl: scopes.schemaUrl(scope),
      items: encode(members),
    })),
  }));
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function itemBytes(table: ItemTable, row: number, { batches }: RequestParts): Uint8Array {
  const segment = table.at(row);
  const slot = row & SLOT_MASK;
  return batches.bytesOf(segment.batchOf(slot), segment.offset[slot]);
}
