/** RPC, messaging, functions, feature flags and web vitals, current and retired names. */
import type { JsonAttribute, SpanDetail } from '../../../../proto/live/methods.ts';
import { formatBytes, formatDuration } from '../../../base/format.ts';
import { valueText } from '../span-content.ts';
import { Attributes, type Fact } from './attributes.ts';

/** A section that is a headline with facts. */
export interface CallContent {
  readonly type: 'rpc' | 'messaging' | 'function' | 'flag' | 'vitals';
  readonly title: string;
  /** A word beside the title: the system, the provider. */
  readonly note: string;
  readonly headline: string;
  readonly badge: {
    readonly text: string;
    readonly tone: 'ok' | 'warn' | 'error' | 'muted';
  } | null;
  readonly facts: readonly Fact[];
}

const GRPC_CODES = [
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND',
  'ALREADY_EXISTS', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED',
  'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED',
]; // prettier-ignore

/** A remote procedure call; null when the span is none. */
export function readRpc(attributes: Attributes): CallContent | null {
  if (!attributes.hasAny('rpc.')) return null;
  const method = attributes.text('rpc.method');
  const service = attributes.text('rpc.service');
  const system = attributes.text('rpc.system.name');
  const code = attributes.text('rpc.status_code', 'rpc.jsonrpc.error_code');
  const word = /^\d+$/.test(code) && code !== '' ? (GRPC_CODES[Number(code)] ?? code) : code;
  return {
    type: 'rpc',
    title: 'RPC',
    note: system,
    // The current name holds the service too; the retired pair is joined.
    headline: service === '' || method.includes('/') ? method || service : `${service}/${method}`,
    badge:
      word === ''
        ? null
        : { text: word.toUpperCase(), tone: /^(ok|success)$/i.test(word) ? 'ok' : 'error' },
    facts: [
      ...attributes.facts([
        ['rpc.jsonrpc.version', 'version'],
        ['rpc.jsonrpc.error_message', 'error'],
        ['error.type', 'error.type'],
        ['server.address', 'server.address'],
        ['server.port', 'server.port'],
      ]),
      ...metadata(attributes, 'rpc.request.metadata.', 'request'),
      ...metadata(attributes, 'rpc.response.metadata.', 'response'),
    ],
  };
}

function metadata(attributes: Attributes, prefix: string, label: string): Fact[] {
  return attributes.below(prefix).map(({ key, value }) => ({
    label: `${label} ${key}`,
    text: value.type === 'array' ? value.values.map(valueText).join(', ') : valueText(value),
    tone: 'text',
  }));
}

/** A message sent, received or handled; null when the span is none. */
export function readMessaging(span: SpanDetail, attributes: Attributes): CallContent | null {
  if (!attributes.hasAny('messaging.')) return null;
  const destination = attributes.text('messaging.destination.name', 'messaging.destination');
  const operation = attributes.text('messaging.operation.type', 'messaging.operation.name');
  const traces = new Set(span.links.map(({ traceId }) => traceId)).size;
  return {
    type: 'messaging',
    title: 'Messaging',
    note: attributes.text('messaging.system'),
    headline: destination,
    badge: operation === '' ? null : { text: operation, tone: 'muted' },
    facts: [
      ...attributes
        .facts([
          ['messaging.operation.name', 'operation'],
          ['messaging.destination.template', 'destination template'],
          ['messaging.destination.partition.id', 'partition'],
          ['messaging.kafka.offset', 'offset'],
          ['messaging.kafka.message.key', 'key'],
          ['messaging.consumer.group.name', 'consumer group'],
          ['messaging.batch.message_count', 'batch'],
          ['messaging.message.id', 'message id'],
          ['messaging.message.conversation_id', 'conversation id'],
          ['messaging.client.id', 'client id'],
          ['messaging.rabbitmq.destination.routing_key', 'routing key'],
        ])
        .filter(({ label, text }) => label !== 'operation' || text !== operation),
      ...bodySize(attributes),
      ...attributes.facts([['error.type', 'error.type']]),
      ...(traces === 0
        ? []
        : [{ label: 'linked traces', text: String(traces), tone: 'number' } as const]),
    ],
  };
}

function bodySize(attributes: Attributes): Fact[] {
  const bytes = attributes.number(
    'messaging.message.body.size',
    'messaging.message_payload_size_bytes',
  );
  return bytes === undefined
    ? []
    : [{ label: 'body size', text: formatBytes(bytes), tone: 'number' }];
}

/** A cloud function; null when the span is none. */
export function readFunction(attributes: Attributes): CallContent | null {
  if (!attributes.hasAny('faas.')) return null;
  const isCold = attributes.flag('faas.coldstart');
  return {
    type: 'function',
    title: 'Function',
    note: attributes.text('faas.invoked_provider', 'cloud.provider'),
    headline: attributes.text('faas.invoked_name', 'faas.name'),
    badge: isCold ? { text: 'cold start', tone: 'warn' } : null,
    facts: attributes.facts([
      ['faas.trigger', 'trigger'],
      ['faas.invocation_id', 'invocation id'],
      ['faas.execution', 'invocation id'],
      ['faas.invoked_region', 'region'],
      ['faas.version', 'version'],
      ['faas.document.collection', 'collection'],
      ['faas.document.operation', 'operation'],
      ['faas.cron', 'schedule'],
      ['faas.time', 'time'],
    ]),
  };
}

const FLAG_EVENTS: ReadonlySet<string> = new Set(['feature_flag', 'feature_flag.evaluation']);

/** Feature flags that were evaluated: on the span itself, in its events and in its log records. */
export function readFlags(
  attributes: Attributes,
  events: readonly { readonly name: string; readonly attributes: readonly JsonAttribute[] }[],
): CallContent[] {
  const sources = [
    ...(attributes.text('feature_flag.key') === '' ? [] : [attributes]),
    ...events
      .filter(({ name }) => FLAG_EVENTS.has(name))
      .map((event) => new Attributes(event.attributes)),
  ];
  const flags = sources.map((source): CallContent => {
    const error = source.text('feature_flag.error.message', 'error.message', 'error.type');
    const result = source.text('feature_flag.result.variant', 'feature_flag.result.value');
    return {
      type: 'flag',
      title: 'Feature flag',
      note: source.text('feature_flag.provider.name'),
      headline: source.text('feature_flag.key'),
      badge: result === '' ? null : { text: result, tone: error === '' ? 'muted' : 'error' },
      facts: [
        ...source
          .facts([
            ['feature_flag.result.value', 'value'],
            ['feature_flag.result.reason', 'reason'],
            ['feature_flag.context.id', 'context id'],
            ['feature_flag.set.id', 'set'],
            ['feature_flag.version', 'version'],
          ])
          .filter(({ label, text }) => label !== 'value' || text !== result),
        ...(error === '' ? [] : [{ label: 'error', text: error, tone: 'text' } as const]),
      ],
    };
  });
  const seen = new Set<string>();
  return flags.filter((flag) => {
    const name = `${flag.headline} ${flag.badge?.text ?? ''}`;
    return !seen.has(name) && seen.add(name);
  });
}

/** Bounds of a good and of a needs-improvement value, in the vital's unit (web.dev). */
const VITALS: Readonly<
  Record<string, { name: string; good: number; poor: number; isMs: boolean }>
> = {
  lcp: { name: 'Largest Contentful Paint', good: 2500, poor: 4000, isMs: true },
  inp: { name: 'Interaction to Next Paint', good: 200, poor: 500, isMs: true },
  fcp: { name: 'First Contentful Paint', good: 1800, poor: 3000, isMs: true },
  ttfb: { name: 'Time to First Byte', good: 800, poor: 1800, isMs: true },
  fid: { name: 'First Input Delay', good: 100, poor: 300, isMs: true },
  cls: { name: 'Cumulative Layout Shift', good: 0.1, poor: 0.25, isMs: false },
};

const RATING_TONES: Readonly<Record<string, Fact['tone']>> = {
  good: 'ok',
  'needs-improvement': 'warn',
  poor: 'error',
};

/** Web vitals of a span and its events; before semantic conventions 1.44 they stand in the body. */
export function readVitals(
  attributes: Attributes,
  events: readonly {
    readonly name: string;
    readonly attributes: readonly JsonAttribute[];
    readonly body?: readonly JsonAttribute[];
  }[],
): CallContent | null {
  const facts: Fact[] = [];
  const add = (source: Attributes, prefix: string): void => {
    const key = source.text(`${prefix}name`).toLowerCase();
    const value = source.number(`${prefix}value`);
    if (key === '' || value === undefined) return;
    const vital = Object.hasOwn(VITALS, key) ? VITALS[key] : undefined;
    const sent = source.text(`${prefix}rating`);
    const text = vital?.isMs === true ? formatDuration(value * 1e6) : String(value);
    const rating = sent !== '' ? sent : vital === undefined ? '' : rated(value, vital);
    facts.push({
      label: key.toUpperCase(),
      text: rating === '' ? text : `${text}, ${rating.replaceAll('-', ' ')}`,
      tone: RATING_TONES[rating] ?? 'number',
      ...(vital !== undefined && { title: vital.name }),
    });
  };
  add(attributes, 'browser.web_vital.');
  for (const event of events) {
    if (event.name !== 'browser.web_vital') continue;
    add(new Attributes(event.attributes), 'browser.web_vital.');
    if (event.body !== undefined) add(new Attributes(event.body), '');
  }
  if (facts.length === 0) return null;
  return { type: 'vitals', title: 'Web vitals', note: '', headline: '', badge: null, facts };
}

function rated(value: number, { good, poor }: { good: number; poor: number }): string {
  return value <= good ? 'good' : value <= poor ? 'needs-improvement' : 'poor';
}
