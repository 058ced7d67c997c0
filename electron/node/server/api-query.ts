/** Reads the query parameters of API calls. Every reader throws ApiError `badRequest`. */
import type { Brush, Filter, Selection } from '../../../proto/live/topics.ts';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import type { ExportFormat, ExportRequest } from '../host/control.ts';
import { ApiError } from './api-error.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;
const MAX_TRACE_IDS = 10_000;

/** Whether a name is one of a file format that is written. */
export function isFormat(text: string): text is ExportFormat {
  return text === 'otlp.jsonl' || text === 'otlp.pb';
}

export function isSignal(value: unknown): value is Signal {
  return (SIGNALS as readonly unknown[]).includes(value);
}

/** `limit`, from 1 to 1000; 50 when it is left out. */
export function readLimit(query: URLSearchParams): number {
  const text = query.get('limit');
  if (text === null) return DEFAULT_LIMIT;
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > MAX_LIMIT) {
    throw new ApiError('badRequest', `"limit" is a number from 1 to ${MAX_LIMIT}.`);
  }
  return Number(text);
}

/** `format` (also with .gz), `gzip`, and what to export: `ids`, or a `signal` with a filter, or all. */
export function readExport(query: URLSearchParams): ExportRequest {
  const asked = query.get('format') ?? 'otlp.jsonl';
  const format = asked.replace(/\.gz$/, '');
  if (!isFormat(format)) {
    throw new ApiError(
      'badRequest',
      `Unknown format "${asked}". Use otlp.jsonl or otlp.pb, with .gz for gzip.`,
    );
  }
  const gzip = asked.endsWith('.gz') || query.get('gzip') === '1' || query.get('gzip') === 'true';
  return { format, gzip, selection: readSelection(query) };
}

function readSelection(query: URLSearchParams): Selection {
  const ids = query.get('ids');
  if (ids !== null) {
    const traceIds = ids.split(',');
    if (traceIds.length > MAX_TRACE_IDS || !traceIds.every((id) => /^[0-9a-f]{32}$/i.test(id))) {
      throw new ApiError(
        'badRequest',
        `"ids" are at most ${MAX_TRACE_IDS} trace ids of 32 hex characters, with commas between.`,
      );
    }
    return { type: 'traces', traceIds: traceIds.map((id) => id.toLowerCase()) };
  }
  const asked = query.get('signal') ?? 'all';
  const signals = asked === 'all' ? SIGNALS : asked.split(',');
  if (!signals.every(isSignal)) {
    throw new ApiError('badRequest', `"signal" is all, or some of ${SIGNALS.join(', ')}.`);
  }
  const filter = readFilter(query);
  const brush = readBrush(query);
  if (isEmpty(filter) && brush === null) return { type: 'all', signals };
  const [signal] = signals;
  if (signals.length !== 1 || signal === undefined) {
    throw new ApiError('badRequest', 'A filter needs one "signal" that it searches.');
  }
  if (brush === null) return { type: 'filter', signal, filter };
  if (signal !== 'traces') throw new ApiError('badRequest', 'A "brush" is one of traces.');
  return { type: 'filter', signal, filter, brush };
}

const LAST_NS = 2n ** 64n;

/** `brush`: first and last start in ns since the Unix epoch, least and greatest duration in ns. */
function readBrush(query: URLSearchParams): Brush | null {
  const text = query.get('brush');
  if (text === null) return null;
  const [fromNs = '', toNs = '', least = '', greatest = '', ...more] = text.split(',');
  const areTimes = [fromNs, toNs].every(
    (each) => /^\d{1,20}$/.test(each) && BigInt(each) < LAST_NS,
  );
  const minNs = Number(least === '' ? NaN : least);
  const maxNs = Number(greatest === '' ? NaN : greatest);
  if (areTimes && Number.isFinite(minNs) && Number.isFinite(maxNs) && more.length === 0) {
    return { fromNs, toNs, minNs, maxNs };
  }
  throw new ApiError('badRequest', '"brush" is "fromNs,toNs,minNs,maxNs", four numbers.');
}

/** `q`, and `service` and `not-service` any number of times. */
export function readFilter(query: URLSearchParams): Filter {
  return {
    text: query.get('q') ?? '',
    services: query.getAll('service'),
    notServices: query.getAll('not-service'),
  };
}

/** `sort` of a list. */
export function readSort<T extends string>(query: URLSearchParams, sorts: readonly [T, ...T[]]): T {
  const asked = query.get('sort');
  const known = asked === null ? sorts[0] : sorts.find((sort) => sort === asked);
  if (known !== undefined) return known;
  throw new ApiError('badRequest', `"sort" is one of ${sorts.join(', ')}.`);
}

/** A time in ms since the Unix epoch; null when it is left out. */
export function readMs(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const ms = Number(text);
  if (text.trim() === '' || !Number.isFinite(ms)) {
    throw new ApiError('badRequest', `"${name}" is a time in ms since the Unix epoch.`);
  }
  return ms;
}

function isEmpty({ text, services, notServices }: Filter): boolean {
  return text === '' && services.length === 0 && notServices.length === 0;
}

/** The media type of an exported file. */
export function mediaType({ format, gzip }: ExportRequest): string {
  if (gzip) return 'application/gzip';
  return format === 'otlp.jsonl' ? 'application/jsonl' : 'application/octet-stream';
}
