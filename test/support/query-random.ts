/** Random telemetry and random queries about it: few names and values, so that they often meet. */
import type { Random } from './otlp/random.ts';
import { encodeRequest } from './otlp/proto-root.ts';
import { EPOCH, spanBytes, traceBytes, traceHex, hex } from './store-bodies.ts';

const KEYS = [
  'a',
  'b',
  'a.b',
  'a.b.c',
  'http.method',
  'http.request.method',
  'took_ms',
  'size',
  'ä',
];
const TEXTS = [
  'GET',
  'get',
  'Timeout while reading',
  '5',
  '5.5',
  'true',
  '',
  'Ärger ÖL',
  'x*y',
  'aGk=',
  'K\u212a',
  '🙂 ok',
  'aaab',
];
const SERVICES = ['web', 'api', 'Db', ''];
const SCOPES = ['lib', 'http', ''];
const NAMES = ['GET /', 'POST /x', 'query', 'Ärger'];
const INTS = [0n, 5n, -5n, 100n, 1500n, 9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)];
const DOUBLES = [0, -0, 5, 5.5, 0.1, 100, 9007199254740992, NaN, Infinity, 1e300];

type Plain = Readonly<Record<string, unknown>>;

function randomValue(random: Random, depth = 0): Plain | undefined {
  switch (random.below(depth > 2 ? 7 : 9)) {
    case 0:
    case 1:
      return { stringValue: random.pick(TEXTS) };
    case 2:
      return { intValue: random.pick(INTS) };
    case 3:
      return { doubleValue: random.pick(DOUBLES) };
    case 4:
      return { boolValue: random.chance(0.5) };
    case 5:
      return { bytesValue: random.pick([Uint8Array.of(104, 105), Uint8Array.of(0, 255)]) };
    case 6:
      return random.chance(0.5) ? {} : undefined;
    case 7: {
      const values = Array.from(
        { length: random.below(4) },
        () => randomValue(random, depth + 1) ?? {},
      );
      return { arrayValue: { values } };
    }
    default:
      return { kvlistValue: { values: randomAttributes(random, depth + 1) } };
  }
}

function randomAttributes(random: Random, depth = 0): Plain[] {
  const keys = depth === 0 ? KEYS : ['b', 'c', 'b.c', 'a'];
  return Array.from({ length: random.below(depth === 0 ? 5 : 3) }, () => {
    const value = randomValue(random, depth);
    return { key: random.pick(keys), ...(value === undefined ? {} : { value }) };
  });
}

function randomGroup(random: Random): { resource: Plain; scope: Plain } {
  const service = random.pick(SERVICES);
  const attributes = randomAttributes(random);
  if (service !== '') attributes.push({ key: 'service.name', value: { stringValue: service } });
  return {
    resource: { attributes },
    scope: { name: random.pick(SCOPES), attributes: randomAttributes(random) },
  };
}

const SPAN_IDS = 24;

/** A request of spans of traces from `firstTrace` on: late parents, cycles, repeats of known ids. */
export function randomSpans(random: Random, firstTrace: number, padding: number): Uint8Array {
  const spans = Array.from({ length: 1 + random.below(12) }, () =>
    randomSpan(random, firstTrace, padding),
  );
  const { resource, scope } = randomGroup(random);
  return encodeRequest('traces', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
}

function randomSpan(random: Random, firstTrace: number, padding: number): Plain {
  const start = EPOCH + BigInt(1 + random.below(2000));
  const id = 1 + random.below(SPAN_IDS);
  // A span keeps its kind, so that a repeat replaces it and no two spans share an id.
  const parent = random.chance(0.25) ? 0 : 1 + random.below(SPAN_IDS);
  return {
    traceId: traceBytes(firstTrace + random.below(5)),
    spanId: spanBytes(id),
    ...(parent === 0 ? {} : { parentSpanId: spanBytes(parent) }),
    traceState: random.chance(0.1) ? 'vendor=Timeout' : '',
    name: random.pick(NAMES),
    kind: id % 6,
    startTimeUnixNano: start,
    endTimeUnixNano: random.chance(0.05) ? 0n : start + BigInt(random.below(3_000_000) - 5),
    attributes: [
      ...randomAttributes(random),
      { key: 'padding', value: { stringValue: 'x'.repeat(random.below(padding)) } },
    ],
    events: Array.from({ length: random.below(3) }, () => ({
      name: random.pick(['exception', 'retry', '']),
      attributes: randomAttributes(random),
    })),
    links: Array.from({ length: random.below(2) }, () => ({
      traceId: traceBytes(random.below(4)),
      spanId: spanBytes(1 + random.below(4)),
      attributes: randomAttributes(random),
    })),
    status: { code: random.below(3), message: random.chance(0.1) ? 'timeout' : '' },
  };
}

export function randomLogs(random: Random, firstTrace: number, padding: number): Uint8Array {
  const logRecords = Array.from({ length: 1 + random.below(12) }, () => {
    const body = random.chance(0.2) ? undefined : randomValue(random);
    return {
      timeUnixNano: EPOCH + BigInt(random.below(2000)),
      severityNumber: random.below(25),
      severityText: random.pick(['', 'WARN', 'Timeout']),
      ...(body === undefined ? {} : { body }),
      eventName: random.pick(['', 'retry', 'exception']),
      ...(random.chance(0.7) ? { traceId: traceBytes(firstTrace + random.below(5)) } : {}),
      ...(random.chance(0.7) ? { spanId: spanBytes(1 + random.below(SPAN_IDS)) } : {}),
      attributes: [
        ...randomAttributes(random),
        { key: 'padding', value: { stringValue: 'x'.repeat(random.below(padding)) } },
      ],
    };
  });
  const { resource, scope } = randomGroup(random);
  return encodeRequest('logs', {
    resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }],
  });
}

// ---- queries ---------------------------------------------------------------------------------------

const quote = (text: string): string => JSON.stringify(text);

const ATTRIBUTE_VALUES = [
  'GET',
  'get',
  '5',
  '5.0',
  '"5"',
  '5.5',
  '-5',
  '100',
  '1500',
  'true',
  'false',
  '"true"',
  '*e*',
  'G*',
  '""',
  '0.1',
  '1.5s',
  '1500ms',
  '100us',
  '9007199254740993',
  '9007199254740992',
  '9223372036854775807',
  '1e300',
  'aGk=',
  quote('Ärger ÖL'),
  quote('x*y'),
  '1KB',
];
const PATTERNS = ['"^5"', '"G.T"', '"(?i)timeout"', '"^$"', '"ä|Ä"', '"[0-9]+$"', '"a+b"', '"tru"'];
const WORDS = [
  'timeout',
  'ärger',
  'öl',
  'get',
  '"while reading"',
  'k',
  'aab',
  'exception',
  'lib',
  'web',
  '🙂',
  'retry',
  'vendor',
  'http',
  'zzz',
  traceHex(2),
  hex(spanBytes(3)),
];

function attributeClause(random: Random, isSpan: boolean): string {
  const pins = isSpan
    ? ['', '', '', 'span.', 'resource.', 'scope.', 'event.', 'link.', 'log.']
    : ['', '', 'log.', 'resource.', 'scope.', 'span.', 'event.'];
  const field = random.pick(pins) + random.pick(KEYS);
  const op = random.pick([':', '=', '!=', '<', '<=', '>', '>=', '~']);
  if (op === '~') return `${field}~${random.pick(PATTERNS)}`;
  if (/[<>]/.test(op))
    return `${field}${op}${random.pick(ATTRIBUTE_VALUES.filter((value) => !value.includes('*')))}`;
  const values = Array.from({ length: 1 + random.below(random.chance(0.1) ? 12 : 2) }, () =>
    random.pick(ATTRIBUTE_VALUES),
  );
  return `${field}${op}${values.join(',')}`;
}

const TIMES = [500, 1000, 1500].map((ns) => String(EPOCH + BigInt(ns)));

function commonClauses(random: Random): string[] {
  const order = random.pick([':', '!=', '<', '<=', '>', '>=']);
  return [
    `service${random.pick([':', '!='])}${random.pick(['web', 'api', 'web,Db', '*b', 'unknown_service'])}`,
    `service~"[a-c]"`,
    `scope:${random.pick(['lib', 'l*', 'http'])}`,
    `start${order}${random.pick(TIMES)}`,
    `trace:${random.pick([traceHex(2), traceHex(3).toUpperCase(), 'aa*2', '*'])}`,
    `span:${random.pick([hex(spanBytes(3)), '*3', `${hex(spanBytes(1))},${hex(spanBytes(2))}`])}`,
    `root${random.pick([':', '!='])}${random.pick(['query', '"GET /"', '*x', '"POST /x",Ärger'])}`,
    `trace.spans${order}${random.below(8)}`,
    `trace.errors${order}${random.below(3)}`,
    `trace.services${order}${1 + random.below(2)}`,
    `trace.duration${order}${random.pick(['1ms', '2.5ms', '100ns'])}`,
    `has:${random.pick(['root', 'scope', 'trace', 'span', 'a', 'resource.a', 'http.method', 'trace.spans', 'a.b', 'scope.b'])}`,
    random.pick(WORDS),
    random.pick(WORDS),
  ];
}

function spanClause(random: Random): string {
  const order = random.pick([':', '!=', '<', '<=', '>', '>=']);
  return random.pick([
    ...commonClauses(random),
    ...Array.from({ length: 8 }, () => attributeClause(random, true)),
    `name${random.pick([':', '!=', '<', '>'])}${random.pick(['query', '"GET /"', '"POST /x"'])}`,
    `name~${random.pick(['"^[A-Z]+ /"', '"r$"'])}`,
    `kind${random.pick([':', '!='])}${random.pick(['server', 'CLIENT,producer', 'unspecified'])}`,
    `status${random.pick([':', '!='])}${random.pick(['error', 'ok,unset'])}`,
    `duration${order}${random.pick(['1ms', '0ns', '2.2ms', '1.5us', '1000000h'])}`,
    `parent:${random.pick([hex(spanBytes(3)), '*5'])}`,
    `event${random.pick([':', '!='])}${random.pick(['exception', 're*'])}`,
    `event.name:exception`,
    `link.trace:${traceHex(1)}`,
    `link.span:*2`,
    `has:${random.pick(['parent', 'event', 'event.a', 'link.trace', 'link.a', 'span.b', 'level', 'duration'])}`,
  ]);
}

function logClause(random: Random): string {
  return random.pick([
    ...commonClauses(random),
    ...Array.from({ length: 8 }, () => attributeClause(random, false)),
    `level${random.pick([':', '!=', '<', '<=', '>', '>='])}${random.pick(['warn', 'info', 'unset', 'fatal'])}`,
    `body${random.pick([':', '!=', '<', '>'])}${random.pick(['5', 'GET', '"Timeout while reading"', 'true'])}`,
    `body~${random.pick(PATTERNS)}`,
    `body:*e*`,
    `event${random.pick([':', '!='])}${random.pick(['retry', '*x*'])}`,
    `has:${random.pick(['body', 'event', 'level', 'duration'])}`,
  ]);
}

/** A query text of the target. */
export function randomQuery(
  random: Random,
  target: 'traces' | 'spans' | 'logs',
  depth = 0,
): string {
  const one = (): string => (target === 'logs' ? logClause(random) : spanClause(random));
  const inner = (): string => randomQuery(random, target, depth + 1);
  const part = (): string => {
    if (depth > 2 || random.chance(0.5)) return one();
    const choice = random.below(target === 'logs' ? 3 : 6);
    if (choice === 0) return `-${one()}`;
    if (choice === 1) return `(${inner()})`;
    if (choice === 2) return `not (${inner()})`;
    const set = (): string => (random.chance(0.1) ? '{ }' : `{ ${inner()} }`);
    const sets = Array.from({ length: choice === 3 ? 1 : 2 + random.below(2) }, set);
    const structure = sets.reduce((left, right) => `${left} ${random.pick(['>', '>>'])} ${right}`);
    return random.chance(0.2) ? `-(${structure})` : structure;
  };
  const parts = Array.from({ length: 1 + random.below(3) }, part);
  return parts.reduce((left, right) => `${left}${random.chance(0.3) ? ' or ' : ' '}${right}`);
}
