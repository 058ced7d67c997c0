/** The methods that the engine answers itself, and the checks of those that the host answers. */
import type { MethodName, Methods } from '../../../proto/live/methods.ts';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import { SEGMENT_BITS, SLOT_MASK } from '../store/schema.ts';
import { logDetail, spanDetail, spanLogs } from '../view/details.ts';
import { idHalves } from '../view/hex.ts';
import { decodeUtf8 } from '../wire/utf8.ts';
import { requestToJson } from '../wire/proto-to-json.ts';
import type { LiveContext } from './context.ts';
import { flameAttributes } from './flame-methods.ts';
import type { HostMethodName, HostMethods } from './host-methods.ts';
import { listLogs, listSpans, listTraces, logAt, traceRows } from './list-methods.ts';
import { listAt } from './list-at.ts';
import { addMark, removeMark, renameMark, restoreMark } from './mark-methods.ts';
import { listMetrics, metricSeries } from './metric-methods.ts';
import {
  readBoolean,
  readCount,
  readSignal,
  readSpanId,
  readText,
  readTraceId,
  type Fields,
} from './params.ts';
import { checkText, completeText } from './query-methods.ts';
import { findSpan, findTrace, spanLinked, spanPeers, spanRepeats } from './span-methods.ts';
import { eventTimes } from './trace-events.ts';
import { findInTrace } from './trace-find.ts';

/** Answers one request. `onCancel` registers what stops it. Throws or rejects with LiveFailure. */
export type Method<M extends MethodName> = (
  params: Fields,
  onCancel: (stop: () => void) => void,
) => Methods[M]['result'] | Promise<Methods[M]['result']>;

export type MethodTable = { readonly [M in MethodName]: Method<M> };

/** Span logs that one request can ask for. */
const MAX_SPAN_LOGS = 1000;
/** A trace above this many wire bytes has no JSON text: JavaScript strings end at 512 MB. */
const MAX_JSON_WIRE_BYTES = 96 << 20;

/** The methods of one session: the engine's own, and the host's behind a check of parameters. */
export function methodTable(context: LiveContext, host: HostMethods): MethodTable {
  return {
    'status.get': () => context.status(),
    'span.get': (params) => getSpan(context, params),
    'span.logs': (params) => getSpanLogs(context, params),
    'span.peers': (params, onCancel) => spanPeers(context, params, onCancel),
    'span.repeats': (params, onCancel) => spanRepeats(context, params, onCancel),
    'span.linked': (params, onCancel) => spanLinked(context, params, onCancel),
    'log.get': (params) => getLog(context, params),
    'traces.list': (params, onCancel) => listTraces(context, params, onCancel),
    'spans.list': (params, onCancel) => listSpans(context, params, onCancel),
    'logs.list': (params, onCancel) => listLogs(context, params, onCancel),
    'traces.rows': (params) => traceRows(context, params),
    'log.at': (params, onCancel) => logAt(context, params, onCancel),
    'list.at': (params, onCancel) => listAt(context, params, onCancel),
    'metrics.list': (params) => listMetrics(context, params),
    'metric.series': (params) => metricSeries(context, params),
    'query.check': (params) => checkText(context, params),
    'query.complete': (params, onCancel) => completeText(context, params, onCancel),
    'flame.attributes': (params, onCancel) => flameAttributes(context, params, onCancel),
    'trace.find': (params, onCancel) => findInTrace(context, params, onCancel),
    'trace.events': (params) => eventTimes(context, params),
    'trace.json': (params) => getTraceJson(context, params),
    'trace.pin': (params) => pinTrace(context, params),
    'mark.add': (params) => addMark(context, params),
    'mark.rename': (params) => renameMark(context, params),
    'mark.remove': (params) => removeMark(context, params),
    'mark.restore': (params) => restoreMark(context, params),
    clear: (params) => {
      context.clear(readSignal(params));
      return {};
    },
    ...hostMethods(host),
  };
}

function hostMethods(host: HostMethods): Pick<MethodTable, HostMethodName> {
  return {
    'testTrace.send': () => host['testTrace.send']({}),
    'receiver.listen': (params) => {
      const protocol = readText(params, 'protocol', 4);
      if (protocol !== 'http' && protocol !== 'grpc') {
        throw new LiveFailure({ code: 'badParams', message: 'Expected protocol http or grpc.' });
      }
      return host['receiver.listen']({ protocol, port: readPort(params) });
    },
    'operation.cancel': (params) => host['operation.cancel']({ id: readId(params) }),
    'operation.dismiss': (params) => host['operation.dismiss']({ id: readId(params) }),
    'journal.restore': () => host['journal.restore']({}),
    'journal.discard': () => host['journal.discard']({}),
  };
}

function readId(params: Fields): number {
  return readCount(params, 'id', Number.MAX_SAFE_INTEGER);
}

function readPort(params: Fields): number {
  const port = readCount(params, 'port', Number.MAX_SAFE_INTEGER);
  if (port > 65535) {
    throw new LiveFailure({ code: 'badParams', message: 'Expected port to be at most 65535.' });
  }
  return port;
}

function getSpan(context: LiveContext, params: Fields): Methods['span.get']['result'] {
  return spanDetail(context.store, findSpan(context, params));
}

function getSpanLogs(context: LiveContext, params: Fields): Methods['span.logs']['result'] {
  const limit = readCount(params, 'limit', MAX_SPAN_LOGS);
  const id = idHalves(readSpanId(params));
  const traceRow = context.store.traces.find(readTraceId(params));
  if (traceRow === -1) return { total: 0, records: [] };
  return spanLogs(context.store, traceRow, id, limit);
}

function getLog(context: LiveContext, params: Fields): Methods['log.get']['result'] {
  const { store } = context;
  const ordinal = readCount(params, 'row', Number.MAX_SAFE_INTEGER);
  if (ordinal >= store.logs.end) {
    throw new LiveFailure({ code: 'notFound', message: `There is no log record ${ordinal}.` });
  }
  if (ordinal < store.logs.begin) {
    throw new LiveFailure({
      code: 'evicted',
      message: 'This log record was evicted to make room for newer data.',
    });
  }
  return logDetail(store, ordinal);
}

function getTraceJson(context: LiveContext, params: Fields): Methods['trace.json']['result'] {
  const { store } = context;
  const { row: traceRow } = findTrace(context, params);
  const rows: number[] = [];
  let bytes = 0;
  for (let row = store.traces.get(traceRow).firstSpan; row !== -1;) {
    const segment = store.spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) break;
    rows.push(row);
    const slot = row & SLOT_MASK;
    bytes += store.batches.lengthOf(segment.batchOf(slot), segment.offset[slot]);
    row = segment.nextInTrace[slot];
  }
  if (bytes > MAX_JSON_WIRE_BYTES) {
    throw new LiveFailure({
      code: 'failed',
      message: 'This trace is too large for one JSON text. Export it to a file instead.',
    });
  }
  // TracesData and ExportTraceServiceRequest have the same fields.
  const json = requestToJson('traces', store.rowsRequest('traces', rows));
  return { json: decodeUtf8(json, 0, json.length) };
}

function pinTrace(context: LiveContext, params: Fields): Methods['trace.pin']['result'] {
  const isPinned = readBoolean(params, 'pinned');
  const { row, traceId } = findTrace(context, params);
  context.setPinned(traceId, row, isPinned);
  return { pinned: isPinned };
}

/** Whether a name is a method; checked before parameters are. */
export function isMethodName(table: MethodTable, name: string): name is MethodName {
  return Object.hasOwn(table, name);
}
