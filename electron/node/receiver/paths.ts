/** The paths of OTLP/HTTP, and what to say about the others. */
import { HTTP_PATH, SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';

const SIGNAL_BY_PATH: ReadonlyMap<string, Signal> = new Map<string, Signal>([
  ...SIGNALS.map((signal): [string, Signal] => [HTTP_PATH[signal], signal]),
  // The Collector's receiver documents this one, although its code has the other.
  ['/v1/profiles', 'profiles'],
]);

/** The signal that is posted to a path; null for a path that is not OTLP's. */
export function signalOfPath(path: string): Signal | null {
  return SIGNAL_BY_PATH.get(path) ?? null;
}

/** The path of a request target, without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** What a client that posts to an unknown path probably meant. */
export function pathHint(path: string): string {
  if (path === '/') {
    return 'An endpoint set for one signal is used as it is: add the path /v1/traces, /v1/logs or /v1/metrics to it.';
  }
  const meant = SIGNALS.find((signal) => path.includes(signal.slice(0, -1)));
  if (meant === undefined) return 'OTLP/HTTP is posted to /v1/traces, /v1/logs and /v1/metrics.';
  const real = HTTP_PATH[meant];
  if (path.startsWith(real) || path.endsWith(real)) {
    return `Did you mean ${real}? OTEL_EXPORTER_OTLP_ENDPOINT takes no path: SDKs append it.`;
  }
  return `Did you mean ${real}?`;
}

/** Longest path that the log and an answer repeat. */
const MAX_SHOWN_PATH = 100;

/** A path for messages: it comes from outside and may be long. */
export function showPath(path: string): string {
  return path.length <= MAX_SHOWN_PATH ? path : `${path.slice(0, MAX_SHOWN_PATH)}…`;
}
