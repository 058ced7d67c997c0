/** Plain OTLP JSON out of short words: attributes, spans, log records, and the requests around them. */
import { createHash } from 'node:crypto';

/** An AnyValue of a plain one: whole numbers are ints, `{ bytes }` is base64, objects are kvlists. */
export function valueOf(plain) {
  if (plain === null) return {};
  if (typeof plain === 'string') return { stringValue: plain };
  if (typeof plain === 'boolean') return { boolValue: plain };
  if (typeof plain === 'number') {
    return Number.isInteger(plain) ? { intValue: String(plain) } : { doubleValue: plain };
  }
  if (Array.isArray(plain)) return { arrayValue: { values: plain.map(valueOf) } };
  if (typeof plain.bytes === 'string') return { bytesValue: plain.bytes };
  return { kvlistValue: { values: attributesOf(plain) } };
}

/** KeyValues of an object, or of pairs where a key comes twice. */
export function attributesOf(plain) {
  const pairs = Array.isArray(plain) ? plain : Object.entries(plain);
  return pairs.map(([key, value]) => ({ key, value: valueOf(value) }));
}

/** Hex ids that depend on nothing but their words. */
export const idOf = (words, hexLength) =>
  createHash('sha256').update(words).digest('hex').slice(0, hexLength);
export const traceIdOf = (words) => idOf(`trace ${words}`, 32);
export const spanIdOf = (words) => idOf(`span ${words}`, 16);

const KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

/**
 * One trace in the making. `add` takes times in ms after its start and returns the span's words, which
 * name it as a parent and for log records.
 */
export class TraceBuilder {
  constructor(words, startNs) {
    this.words = words;
    this.traceId = traceIdOf(words);
    this.startNs = startNs;
    /** service -> spans, service -> log records. */
    this.spans = new Map();
    this.logs = new Map();
  }

  spanId(name) {
    return spanIdOf(`${this.words}/${name}`);
  }

  at(ms) {
    return String(this.startNs + BigInt(Math.round(ms * 1e6)));
  }

  add(service, name, from, to, more = {}) {
    const id = more.id ?? name;
    const span = {
      traceId: this.traceId,
      spanId: this.spanId(id),
      ...(more.parent !== undefined && { parentSpanId: this.spanId(more.parent) }),
      name,
      kind: KINDS[more.kind ?? 'internal'],
      startTimeUnixNano: this.at(from),
      endTimeUnixNano: this.at(to),
      attributes: attributesOf(more.attributes ?? {}),
      events: (more.events ?? []).map(({ ms, name: event, attributes = {}, ...rest }) => ({
        timeUnixNano: this.at(ms),
        name: event,
        attributes: attributesOf(attributes),
        ...rest,
      })),
      links: (more.links ?? []).map(({ attributes = {}, ...link }) => ({
        ...link,
        attributes: attributesOf(attributes),
      })),
      ...(more.error !== undefined && { status: { code: 2, message: more.error } }),
      ...(more.ok === true && { status: { code: 1 } }),
      ...more.fields,
    };
    put(this.spans, service, span);
    return id;
  }

  log(service, id, ms, level, body, more = {}) {
    const number = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 }[level];
    put(this.logs, service, {
      timeUnixNano: this.at(ms),
      observedTimeUnixNano: this.at(ms),
      severityNumber: number,
      severityText: level.toUpperCase(),
      body: valueOf(body),
      attributes: attributesOf(more.attributes ?? {}),
      ...(more.eventName !== undefined && { eventName: more.eventName }),
      traceId: this.traceId,
      spanId: this.spanId(id),
    });
  }
}

function put(map, key, item) {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}

/** The requests that hold some traces: `services` says language, version and scope by name. */
export function requestsOf(traces, services) {
  const resources = (kind, scoped, items) => {
    const all = new Map();
    for (const trace of traces) {
      for (const [service, list] of trace[kind]) for (const item of list) put(all, service, item);
    }
    return [...all].map(([service, list]) => ({
      resource: { attributes: attributesOf(resourceOf(service, services[service] ?? {})) },
      [scoped]: [{ scope: scopeOf(services[service] ?? {}), [items]: list }],
    }));
  };
  return {
    traces: { resourceSpans: resources('spans', 'scopeSpans', 'spans') },
    logs: { resourceLogs: resources('logs', 'scopeLogs', 'logRecords') },
  };
}

function resourceOf(name, { language = 'nodejs', version = '1.0.0', attributes = {} }) {
  return {
    'service.name': name,
    'service.version': version,
    'deployment.environment.name': 'dev',
    'telemetry.sdk.language': language,
    'telemetry.sdk.name': 'opentelemetry',
    ...attributes,
  };
}

const scopeOf = ({ scope = 'bakery', version = '1.0.0' }) => ({ name: scope, version });

/** Sends what `requestsOf` made, and says so when the receiver refuses any of it. */
export async function send(otlpHttp, { traces, logs }) {
  for (const [path, body] of [
    ['/v1/traces', traces],
    ['/v1/logs', logs],
  ]) {
    const answer = await fetch(new URL(path, otlpHttp), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok || /rejected/i.test(text)) throw new Error(`${path}: ${answer.status} ${text}`);
  }
}
