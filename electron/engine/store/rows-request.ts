/** Encodes single rows of the store as one export request. */
import {
  encodeMetric,
  metricAround,
  rebuildRequest,
  type MetricPlace,
  type ResourceItems,
} from '../wire/rewrite.ts';
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

/** The same for data points, which are put back into their metrics, each with the metadata it came with. */
export function pointsRequest(
  points: Points,
  metrics: MetricCatalog,
  rows: readonly number[],
  parts: RequestParts,
): Uint8Array<ArrayBuffer> {
  const encode = (members: readonly number[]): Uint8Array[] => {
    const byMetric = new Map<string, MetricItems>();
    let place: MetricPlace | undefined;
    let placeBatch = -1;
    for (const row of members) {
      const segment = points.at(row);
      const slot = row & SLOT_MASK;
      const id = metrics.seriesOf(segment.series[slot]).metric;
      const batch = segment.batchOf(slot);
      const offset = segment.offset[slot];
      if (
        place === undefined ||
        batch !== placeBatch ||
        offset < place.start ||
        offset > place.end
      ) {
        place = placeIn(parts.batches, batch, offset);
        placeBatch = batch;
      }
      const { metadata } = place;
      const key = `${id} ${metadata.join()}`;
      let group = byMetric.get(key);
      if (group === undefined) byMetric.set(key, (group = { id, metadata, items: [] }));
      group.items.push(itemBytes(points, row, parts));
    }
    return [...byMetric.values()].flatMap(({ id, metadata, items }) => {
      const metric = metrics.find(id);
      return metric === undefined ? [] : [encodeMetric(metric, items, metadata)];
    });
  };
  return rebuildRequest('metrics', groupRows(points, rows, parts, encode));
}

/** Points of one metric that came with the same metadata. */
interface MetricItems {
  readonly id: number;
  readonly metadata: Uint8Array;
  readonly items: Uint8Array[];
}

function placeIn(batches: Batches, batch: number, offset: number): MetricPlace {
  const start = batches.start(batch);
  return metricAround(batches.slabOf(batch).bytes, start, start + batches.length(batch), offset);
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
