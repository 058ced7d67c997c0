/**
 * Packs log records into the columns of the `logs` topic. A record's key is its ordinal in the log
 * table, which is never given twice: the key of an evicted record cannot name another one.
 */
import { LOG_FLAG, LOG_TEXT_LIMIT, type LogsColumns } from '../../../proto/live/topics.ts';
import { SEGMENT_BITS, SLOT_MASK, type StoreRead } from '../store/schema.ts';
import { decodeLogRecord } from '../wire/decode.ts';
import { LocalStrings } from './local-strings.ts';
import type { LogList } from './log-list.ts';
import { attributesText, attributeText } from './value-text.ts';

export interface PackedLogs {
  readonly columns: Omit<LogsColumns, 'density' | 'ticks'>;
  readonly strings: readonly string[];
}

/** The rows of a list at these positions. */
export function packLogs(
  store: StoreRead,
  list: LogList,
  positions: readonly number[],
): PackedLogs {
  const count = positions.length;
  const strings = new LocalStrings(store.strings);
  const text = (value: string): number => (value === '' ? -1 : strings.ofText(value));
  const columns = {
    ordinal: new Float64Array(count),
    row: new Float64Array(count),
    timeHi: new Uint32Array(count),
    timeLo: new Uint32Array(count),
    severity: new Uint8Array(count),
    severityTextStr: new Int32Array(count).fill(-1),
    serviceStr: new Int32Array(count).fill(-1),
    scopeStr: new Int32Array(count).fill(-1),
    bodyStr: new Int32Array(count).fill(-1),
    attributesStr: new Int32Array(count).fill(-1),
    eventNameStr: new Int32Array(count).fill(-1),
    traceIdStr: new Int32Array(count).fill(-1),
    spanIdStr: new Int32Array(count).fill(-1),
    cut: new Uint8Array(count),
    bodyCut: new Uint32Array(count),
    repeats: new Uint32Array(count),
    flags: new Uint8Array(count),
  };
  positions.forEach((position, i) => {
    const ordinal = list.ordinalAt(position);
    const row = store.logs.rowOf(ordinal);
    const segment = store.logs.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) throw new Error(`log row ${row} has no segment`);
    const slot = row & SLOT_MASK;
    const record = decodeLogRecord(
      store.batches.bytesOf(segment.batchOf(slot), segment.offset[slot]),
    );
    const body = record.body === undefined ? '' : attributeText(record.body);
    const attributes = attributesText(record.attributes, LOG_TEXT_LIMIT);
    columns.ordinal[i] = position;
    columns.row[i] = ordinal;
    columns.timeHi[i] = segment.timeHi[slot];
    columns.timeLo[i] = segment.timeLo[slot];
    columns.severity[i] = segment.severity[slot];
    columns.severityTextStr[i] = text(record.severityText);
    columns.serviceStr[i] = strings.of(store.resources.service(segment.resourceOf(slot)));
    columns.scopeStr[i] = text(store.scopes.name(segment.scopeOf(slot)));
    const shownBody = cutText(body);
    columns.bodyStr[i] = text(shownBody);
    columns.bodyCut[i] = body.length - shownBody.length;
    columns.attributesStr[i] = text(cutText(attributes));
    columns.eventNameStr[i] = text(cutText(record.eventName));
    columns.traceIdStr[i] = text(record.traceId);
    columns.spanIdStr[i] = text(record.spanId);
    columns.cut[i] = body.length > LOG_TEXT_LIMIT || attributes.length > LOG_TEXT_LIMIT ? 1 : 0;
    columns.repeats[i] = list.repeatsAt(position);
    columns.flags[i] = record.attributes.some(isException) ? LOG_FLAG.exception : 0;
  });
  return { columns, strings: strings.all };
}

function isException({ key }: { readonly key: string }): boolean {
  return key === 'exception.type' || key === 'exception.message';
}

/** Cuts at LOG_TEXT_LIMIT, never inside a surrogate pair. */
export function cutText(text: string): string {
  if (text.length <= LOG_TEXT_LIMIT) return text;
  const last = text.charCodeAt(LOG_TEXT_LIMIT - 1);
  const isHighSurrogate = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, isHighSurrogate ? LOG_TEXT_LIMIT - 1 : LOG_TEXT_LIMIT);
}
