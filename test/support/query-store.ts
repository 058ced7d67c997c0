/** What a store holds, decoded for the reference evaluator, and what matchers say about it. */
import type { LogMatcher, SpanMatcher } from '../../electron/engine/query/match.ts';
import type { CompiledQuery } from '../../electron/engine/query/plan.ts';
import { TraceMatcher } from '../../electron/engine/query/trace-match.ts';
import {
  SEGMENT_BITS,
  SLOT_MASK,
  type ItemColumns,
  type Table,
} from '../../electron/engine/store/schema.ts';
import type { Store } from '../../electron/engine/store/store.ts';
import {
  decodeLogRecord,
  decodeResource,
  decodeScope,
  decodeSpan,
} from '../../electron/engine/wire/decode.ts';
import { unixNano } from '../../proto/units.ts';
import type { ReferenceLog, ReferenceSpan } from './query-reference/items.ts';

export function segmentOf<S extends ItemColumns>(table: Table<S>, row: number): S {
  const segment = table.segments[row >>> SEGMENT_BITS];
  if (segment === undefined) throw new Error(`row ${row} has no segment`);
  return segment;
}

function ownersOf(
  store: Store,
  segment: ItemColumns,
  slot: number,
): Pick<ReferenceSpan, 'service' | 'resource' | 'scope'> {
  const resource = segment.resourceOf(slot);
  const scope = segment.scopeOf(slot);
  return {
    service: store.strings.get(store.resources.service(resource)),
    resource: decodeResource(store.resources.bytes(resource)),
    scope: decodeScope(store.scopes.bytes(scope)),
  };
}

function bytesAt(store: Store, segment: ItemColumns, slot: number): Uint8Array {
  return store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot]);
}

/** Kept spans by ordinal, in order of arrival; the first `limit`. */
export function decodedSpans(store: Store, limit = Infinity): Map<number, ReferenceSpan> {
  const spans = new Map<number, ReferenceSpan>();
  for (let ordinal = store.spans.begin; ordinal < store.spans.end; ordinal++) {
    const row = store.spans.rowOf(ordinal);
    const segment = segmentOf(store.spans, row);
    const slot = row & SLOT_MASK;
    if (segment.trace[slot] === -1) continue;
    if (spans.size === limit) break;
    const span = decodeSpan(bytesAt(store, segment, slot));
    spans.set(ordinal, { type: 'span', span, ...ownersOf(store, segment, slot) });
  }
  return spans;
}

/** Log records by ordinal; the first `limit`. */
export function decodedLogs(store: Store, limit = Infinity): Map<number, ReferenceLog> {
  const logs = new Map<number, ReferenceLog>();
  const end = Math.min(store.logs.end, store.logs.begin + limit);
  for (let ordinal = store.logs.begin; ordinal < end; ordinal++) {
    const row = store.logs.rowOf(ordinal);
    const segment = segmentOf(store.logs, row);
    const slot = row & SLOT_MASK;
    const log = decodeLogRecord(bytesAt(store, segment, slot));
    const timeUnixNano = unixNano(segment.timeHi[slot], segment.timeLo[slot]);
    logs.set(ordinal, { type: 'log', log, timeUnixNano, ...ownersOf(store, segment, slot) });
  }
  return logs;
}

/** Ordinals of the items that match, in steps of a few rows. */
export function scanAll(matcher: SpanMatcher | LogMatcher, table: Table<ItemColumns>): number[] {
  const found: number[] = [];
  for (let from = table.begin; from < table.end; from += 7) {
    matcher.scan(from, from + 7, (ordinal) => found.push(ordinal));
  }
  return found;
}

/** Ids of the traces that match, newest first, as a list asks for them. */
export function matchingTraces(store: Store, matcher: TraceMatcher, limit = 3): string[] {
  const { rows, length } = store.traces.inOrder();
  return [...rows.slice(0, length)].reverse().flatMap((row) => {
    let verdict = matcher.advance(row, limit);
    while (verdict === 'more') verdict = matcher.advance(row, limit);
    return verdict === 'match' ? [store.traces.get(row).traceId] : [];
  });
}

export function traceIds(store: Store, query: CompiledQuery): string[] {
  return matchingTraces(store, new TraceMatcher(store, query));
}
