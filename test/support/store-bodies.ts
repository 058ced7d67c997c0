/** Small requests for store tests, written as what matters in them. */
import type { Signal } from '../../proto/otlp/signal.ts';
import { Store } from '../../electron/engine/store/store.ts';
import type { IngestResult } from '../../electron/engine/config.ts';
import { encodeRequest } from './otlp/proto-root.ts';

export interface SpanSpec {
  /** Numbers become ids: 1 is 00…01. */
  readonly trace: number;
  readonly id: number;
  readonly parent?: number;
  readonly name?: string;
  readonly kind?: number;
  readonly status?: number;
  /** ns after a fixed moment. */
  readonly start?: number;
  readonly end?: number;
  readonly service?: string;
  readonly scope?: string;
  /** Bytes of an attribute that makes the span larger. */
  readonly padding?: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export interface LogSpec {
  readonly trace?: number;
  readonly span?: number;
  readonly text?: string;
  readonly severity?: number;
  readonly time?: number;
  readonly service?: string;
  readonly padding?: number;
}

/** The fixed moment that times count from. */
export const EPOCH = 1_700_000_000_000_000_000n;

export function traceBytes(trace: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, trace);
  bytes[0] = trace === 0 ? 0 : 0xaa;
  return bytes;
}

export function spanBytes(id: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(4, id);
  return bytes;
}

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The id of a trace as the store takes it. */
export function traceHex(trace: number): string {
  return hex(traceBytes(trace));
}

function padding(length: number | undefined): object[] {
  if (length === undefined) return [];
  return [{ key: 'padding', value: { stringValue: 'x'.repeat(length) } }];
}

function resourceOf(service: string): object {
  return { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
}

/** One span message in the form `encodeRequest` takes. */
export function spanMessage(spec: SpanSpec): object {
  return {
    traceId: traceBytes(spec.trace),
    spanId: spanBytes(spec.id),
    ...(spec.parent === undefined ? {} : { parentSpanId: spanBytes(spec.parent) }),
    name: spec.name ?? `span ${spec.id}`,
    kind: spec.kind ?? 1,
    startTimeUnixNano: EPOCH + BigInt(spec.start ?? 0),
    endTimeUnixNano: EPOCH + BigInt(spec.end ?? (spec.start ?? 0) + 10),
    attributes: [...padding(spec.padding), ...attributesOf(spec.attributes)],
    ...(spec.status === undefined ? {} : { status: { code: spec.status } }),
  };
}

function attributesOf(attributes: SpanSpec['attributes'] = {}): object[] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'string') return { key, value: { stringValue: value } };
    if (typeof value === 'boolean') return { key, value: { boolValue: value } };
    return { key, value: Number.isInteger(value) ? { intValue: value } : { doubleValue: value } };
  });
}

/** A request of spans in this order; runs of one service and scope share their groups. */
export function spansBody(specs: readonly SpanSpec[]): Uint8Array {
  const resourceSpans = runs(specs, (spec) => spec.service ?? 'svc').map((ofService) => ({
    resource: resourceOf(ofService[0].service ?? 'svc'),
    scopeSpans: runs(ofService, (spec) => spec.scope ?? 'lib').map((ofScope) => ({
      scope: { name: ofScope[0].scope ?? 'lib', version: '1' },
      spans: ofScope.map(spanMessage),
    })),
  }));
  return encodeRequest('traces', { resourceSpans });
}

export function logsBody(specs: readonly LogSpec[]): Uint8Array {
  const resourceLogs = runs(specs, (spec) => spec.service ?? 'svc').map((ofService) => ({
    resource: resourceOf(ofService[0].service ?? 'svc'),
    scopeLogs: [
      {
        scope: { name: 'lib', version: '1' },
        logRecords: ofService.map((spec) => ({
          timeUnixNano: spec.time === undefined ? 0 : EPOCH + BigInt(spec.time),
          severityNumber: spec.severity ?? 9,
          body: { stringValue: spec.text ?? 'text' },
          attributes: padding(spec.padding),
          ...(spec.trace === undefined ? {} : { traceId: traceBytes(spec.trace) }),
          ...(spec.span === undefined ? {} : { spanId: spanBytes(spec.span) }),
        })),
      },
    ],
  }));
  return encodeRequest('logs', { resourceLogs });
}

function runs<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const result: T[][] = [];
  for (const item of items) {
    const last = result[result.length - 1];
    if (last !== undefined && key(last[0]) === key(item)) last.push(item);
    else result.push([item]);
  }
  return result;
}

/** A store whose clock stands at `now.ms`. */
export function openStore(memoryBytes = 64 << 20): { store: Store; now: { ms: number } } {
  const now = { ms: 1_700_000_000_000 };
  const clock = { nowMs: () => now.ms, ticksMs: () => now.ms };
  return { store: new Store({ memoryBytes, clock }), now };
}

/** Gives a body to a store in two pieces, as a socket would. */
export function take(store: Store, signal: Signal, body: Uint8Array): IngestResult {
  const middle = body.length >> 1;
  return store.ingest(signal, [body.subarray(0, middle), body.subarray(middle)], body.length);
}

/** The same for a body that has to be taken. */
export function takeGood(
  store: Store,
  signal: Signal,
  body: Uint8Array,
): Extract<IngestResult, { ok: true }> {
  const result = take(store, signal, body);
  if (!result.ok) throw new Error(result.message);
  return result;
}
