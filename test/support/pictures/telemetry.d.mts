/** OTLP JSON of some traces: a request a signal. */
export interface Requests {
  readonly traces: object;
  readonly logs: object;
}

/** One trace in the making; see telemetry.mjs. */
export interface BuiltTrace {
  readonly traceId: string;
  spanId(id: string): string;
}

export function requestsOf(
  traces: readonly BuiltTrace[],
  services: Readonly<Record<string, object>>,
): Requests;
export function send(otlpHttp: string, requests: Requests): Promise<void>;
