/** OTLP JSON of some traces: a request a signal. */
export interface Requests {
  readonly traces: object;
  readonly logs: object;
}

/** What names a trace and its spans. */
export interface BuiltTrace {
  readonly traceId: string;
  spanId(id: string): string;
}

/** One trace in the making; see telemetry.mjs. */
export class TraceBuilder implements BuiltTrace {
  constructor(words: string, startNs: bigint);
  readonly traceId: string;
  spanId(id: string): string;
  add(
    service: string,
    name: string,
    fromMs: number,
    toMs: number,
    more?: {
      readonly id?: string;
      readonly parent?: string;
      readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
      readonly attributes?: object;
      readonly error?: string;
    },
  ): string;
}

export function requestsOf(
  traces: readonly BuiltTrace[],
  services: Readonly<Record<string, object>>,
): Requests;
export function send(otlpHttp: string, requests: Requests): Promise<void>;
