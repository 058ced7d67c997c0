/**
 * The slow, obvious evaluator of queries: decoded objects, arrays, strings and bigints. Written from
 * docs/query.md alone; it shares with the executor the parser, the table of retired names and the
 * regular expressions.
 */
import type {
  Comparison,
  CompareOp,
  Expression,
  Field,
  Presence,
  Value,
} from '../../electron/engine/query/ast.ts';
import { attributeNames, ENUM_WORDS } from '../../electron/engine/query/fields.ts';
import { readMoment } from '../../electron/engine/query/values.ts';
import { RE2 } from '../../electron/node/host/regex.ts';
import type {
  AnyValue,
  InstrumentationScope,
  KeyValue,
  LogRecord,
  Resource,
  Span,
} from '../../proto/otlp/model.ts';
import { severityLevel } from '../../proto/otlp/signal.ts';

interface Owned {
  readonly service: string;
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
}

export interface ReferenceSpan extends Owned {
  readonly type: 'span';
  readonly span: Span;
}

export interface ReferenceLog extends Owned {
  readonly type: 'log';
  readonly log: LogRecord;
  /** Of the spans and the log's own: '' where the wire had none or one of a wrong length. */
  readonly timeUnixNano: bigint;
}

export type ReferenceItem = ReferenceSpan | ReferenceLog;

/** What is in memory: spans in order of arrival. */
export class ReferenceData {
  readonly spans: readonly ReferenceSpan[];
  readonly byTrace = new Map<string, ReferenceSpan[]>();

  constructor(spans: readonly ReferenceSpan[]) {
    this.spans = spans;
    for (const item of spans) {
      const same = this.byTrace.get(item.span.traceId);
      if (same === undefined) this.byTrace.set(item.span.traceId, [item]);
      else same.push(item);
    }
  }

  parentOf(item: ReferenceSpan): ReferenceSpan | undefined {
    const { traceId, spanId, parentSpanId } = item.span;
    if (parentSpanId === '' || parentSpanId === spanId) return undefined;
    return this.byTrace.get(traceId)?.find(({ span }) => span.spanId === parentSpanId);
  }

  rootOf(traceId: string): ReferenceSpan | undefined {
    let root: ReferenceSpan | undefined;
    for (const item of this.byTrace.get(traceId) ?? []) {
      if (item.span.parentSpanId !== '') continue;
      if (!root || item.span.startTimeUnixNano < root.span.startTimeUnixNano) root = item;
    }
    return root;
  }
}

type Scalar =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly value: number | bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'other' };

/** The values of a field; null when it is missing. */
type Found = readonly Scalar[] | null;

export class Reference {
  readonly #data: ReferenceData;

  constructor(data: ReferenceData) {
    this.#data = data;
  }

  /** Whether one span or log record matches. `inTrace`: sets speak of the trace. */
  item(expression: Expression | null, item: ReferenceItem, inTrace = false): boolean {
    if (expression === null) return true;
    switch (expression.type) {
      case 'and':
        return expression.items.every((part) => this.item(part, item, inTrace));
      case 'or':
        return expression.items.some((part) => this.item(part, item, inTrace));
      case 'not':
        return !this.item(expression.item, item, inTrace);
      case 'text':
        return hasText(item, expression.value, expression.quoted);
      case 'has':
        return this.#presence(expression, item);
      case 'compare':
        return this.#comparison(expression, item);
      case 'set':
      case 'structure': {
        if (item.type === 'log') throw new Error('a set of a log record');
        if (!inTrace) return this.#set(expression, item, false);
        const all = this.#data.byTrace.get(item.span.traceId) ?? [];
        return all.some((span) => this.#set(expression, span, true));
      }
    }
  }

  #set(
    expression: Extract<Expression, { type: 'set' | 'structure' }>,
    item: ReferenceSpan,
    inTrace: boolean,
  ): boolean {
    if (expression.type === 'set') {
      return expression.item === null || this.item(expression.item, item, inTrace);
    }
    if (!this.#set(expression.right, item, inTrace)) return false;
    const seen = new Set<ReferenceSpan>();
    for (
      let above = this.#data.parentOf(item);
      above !== undefined && !seen.has(above);
      above = this.#data.parentOf(above)
    ) {
      if (this.#set(expression.left, above, inTrace)) return true;
      if (expression.op === '>') return false;
      seen.add(above);
    }
    return false;
  }

  /** Whether a trace matches; `shown` says which services are. */
  trace(root: Expression | null, traceId: string, shown: (service: string) => boolean): boolean {
    const spans = this.#data.byTrace.get(traceId) ?? [];
    const alternatives = root?.type === 'or' ? root.items : [root];
    return alternatives.some((alternative) => {
      const clauses =
        alternative === null ? [] : alternative.type === 'and' ? alternative.items : [alternative];
      const plain = clauses.filter(({ type }) => type !== 'not');
      const sets = plain.filter(({ type }) => type === 'set' || type === 'structure');
      const ofOne = plain.filter((clause) => !sets.includes(clause));
      return (
        spans.some(
          (span) => shown(span.service) && ofOne.every((clause) => this.item(clause, span, true)),
        ) &&
        sets.every((set) => spans.some((span) => this.item(set, span, true))) &&
        clauses.every(
          (clause) =>
            clause.type !== 'not' || !spans.some((span) => this.item(clause.item, span, true)),
        )
      );
    });
  }

  #presence({ field }: Presence, item: ReferenceItem): boolean {
    return this.#names(field).some((name) => this.#find(field, name, item) !== null);
  }

  #comparison({ field, op, values }: Comparison, item: ReferenceItem): boolean {
    const found = this.#names(field).flatMap((name) =>
      (this.#find(field, name, item) ?? []).map((scalar) => ({ name, scalar })),
    );
    const holds = (asked: CompareOp): boolean =>
      found.some(({ name, scalar }) =>
        values.some((value) => fits(field, name, asked, scalar, value)),
      );
    return op === '!=' ? found.length > 0 && !holds('=') : holds(op);
  }

  #names(field: Field): readonly string[] {
    return field.type === 'attribute' ? attributeNames(field.key) : [field.name];
  }

  #find(field: Field, name: string, item: ReferenceItem): Found {
    switch (field.type) {
      case 'intrinsic':
        return item.type === 'span' ? this.#spanField(name, item) : this.#logField(name, item);
      case 'trace':
        return this.#traceField(name, traceIdOf(item));
      case 'attribute':
        return this.#attribute(field, name, item);
    }
  }

  #attribute(
    { pin, key }: Extract<Field, { type: 'attribute' }>,
    name: string,
    item: ReferenceItem,
  ): Found {
    const own = item.type === 'span' ? item.span.attributes : item.log.attributes;
    switch (pin) {
      case 'any': {
        const isOwn = attributeNames(key).some((each) => lookUp(own, each) !== null);
        return lookUp(isOwn ? own : item.resource.attributes, name);
      }
      case 'resource':
        return lookUp(item.resource.attributes, name);
      case 'scope':
        return lookUp(item.scope.attributes, name);
      case 'span':
        return item.type === 'span' ? lookUp(own, name) : null;
      case 'log':
        return item.type === 'log' ? lookUp(own, name) : null;
      case 'event':
        if (item.type === 'log') return null;
        return together(
          item.span.events.map((event) => [
            key === 'name' ? texts(event.name) : null,
            lookUp(event.attributes, name),
          ]),
        );
      case 'link':
        if (item.type === 'log') return null;
        return together(
          item.span.links.map((link) => [
            key === 'trace' ? texts(link.traceId) : key === 'span' ? texts(link.spanId) : null,
            lookUp(link.attributes, name),
          ]),
        );
    }
  }

  #spanField(name: string, item: ReferenceSpan): Found {
    const { span } = item;
    switch (name) {
      case 'name':
        return [{ type: 'string', value: span.name }];
      case 'service':
        return [{ type: 'string', value: item.service }];
      case 'scope':
        return texts(item.scope.name);
      case 'root':
        return this.#root(span.traceId);
      case 'kind':
        return [{ type: 'string', value: ENUM_WORDS.kind[span.kind] ?? 'unspecified' }];
      case 'status':
        return [{ type: 'string', value: ENUM_WORDS.status[span.status.code] ?? 'unset' }];
      case 'duration': {
        const duration = span.endTimeUnixNano - span.startTimeUnixNano;
        return [{ type: 'number', value: duration > 0n ? duration : 0n }];
      }
      case 'start':
        return [{ type: 'number', value: span.startTimeUnixNano }];
      case 'trace':
        return texts(span.traceId);
      case 'span':
        return texts(span.spanId);
      case 'parent':
        return texts(span.parentSpanId);
      case 'event':
        return together(span.events.map((event) => [texts(event.name)]));
      default:
        return null;
    }
  }

  #logField(name: string, item: ReferenceLog): Found {
    const { log } = item;
    switch (name) {
      case 'service':
        return [{ type: 'string', value: item.service }];
      case 'scope':
        return texts(item.scope.name);
      case 'level':
        return [{ type: 'string', value: severityLevel(log.severityNumber) }];
      case 'body':
        return log.body === undefined ? null : [{ type: 'string', value: bodyText(log.body) }];
      case 'event':
        return texts(log.eventName);
      case 'start':
        return [{ type: 'number', value: item.timeUnixNano }];
      case 'trace':
        return texts(log.traceId);
      case 'span':
        return texts(log.spanId);
      case 'root':
        return this.#root(log.traceId);
      default:
        return null;
    }
  }

  #root(traceId: string): Found {
    const root = this.#data.rootOf(traceId);
    return root === undefined ? null : [{ type: 'string', value: root.span.name }];
  }

  #traceField(name: string, traceId: string): Found {
    const spans = (this.#data.byTrace.get(traceId) ?? []).map(({ span }) => span);
    const first = spans[0];
    if (first === undefined) return null;
    const count = (value: number | bigint): Found => [{ type: 'number', value }];
    if (name === 'spans') return count(spans.length);
    if (name === 'errors') return count(spans.filter(({ status }) => status.code === 2).length);
    if (name === 'services') {
      return count(new Set(this.#data.byTrace.get(traceId)?.map(({ service }) => service)).size);
    }
    const starts = spans.map(({ startTimeUnixNano }) => startTimeUnixNano);
    const ends = spans.map(({ endTimeUnixNano }) => endTimeUnixNano);
    const low = starts.reduce((a, b) => (b < a ? b : a));
    const high = [...ends, ...starts].reduce((a, b) => (b > a ? b : a));
    return count(high - low);
  }
}

function traceIdOf(item: ReferenceItem): string {
  return item.type === 'span' ? item.span.traceId : item.log.traceId;
}

function texts(text: string): Found {
  return text === '' ? null : [{ type: 'string', value: text }];
}

function together(parts: readonly (readonly Found[])[]): Found {
  const found = parts.flat().filter((part) => part !== null);
  return found.length === 0 ? null : found.flat();
}

/** The values of a key: whole, or nested below a prefix of it. */
function lookUp(attributes: readonly KeyValue[], key: string): Found {
  const parts: Found[] = attributes.map(({ key: own, value }) => {
    if (own === key) return scalars(value);
    if (value?.type !== 'kvlist' || !key.startsWith(`${own}.`)) return null;
    return lookUp(value.values, key.slice(own.length + 1));
  });
  return together([parts]);
}

function scalars(value: AnyValue | undefined): readonly Scalar[] {
  switch (value?.type) {
    case 'string':
      return [{ type: 'string', value: value.value }];
    case 'int':
    case 'double':
      return [{ type: 'number', value: value.value }];
    case 'bool':
      return [{ type: 'bool', value: value.value }];
    case 'bytes':
      return [{ type: 'string', value: Buffer.from(value.value).toString('base64') }];
    case 'array':
      return value.values.flatMap(scalars);
    case undefined:
    case 'empty':
    case 'kvlist':
      return [{ type: 'other' }];
  }
}

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  nanoseconds: 1n,
  us: 1_000n,
  microseconds: 1_000n,
  ms: 1_000_000n,
  milliseconds: 1_000_000n,
  s: 1_000_000_000n,
  seconds: 1_000_000_000n,
};

function fits(field: Field, name: string, op: CompareOp, scalar: Scalar, value: Value): boolean {
  if (field.type === 'intrinsic' && ['kind', 'status', 'level'].includes(field.name)) {
    return fitsWord(field.name, op, scalar, value);
  }
  const isId =
    (field.type === 'intrinsic' && ['trace', 'span', 'parent'].includes(field.name)) ||
    (field.type === 'attribute' && field.pin === 'link' && /^(trace|span)$/.test(field.key));
  const wanted = isId && op !== '~' ? { ...value, text: value.text.toLowerCase() } : value;
  if (op === '~') {
    const regex = RE2.compile(wanted.text);
    if (!regex.ok) throw new Error(regex.message);
    return scalar.type !== 'other' && regex.test(textForm(scalar.value));
  }
  switch (scalar.type) {
    case 'other':
      return false;
    case 'bool':
      return op === '=' && !value.quoted && !value.glob && value.text === String(scalar.value);
    case 'string':
      return fitsText(op, scalar.value, wanted);
    case 'number': {
      const number = numberOf(field, name, value);
      return number !== null && fitsNumber(op, scalar.value, number);
    }
  }
}

function textForm(value: string | boolean | number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function fitsWord(name: string, op: CompareOp, scalar: Scalar, value: Value): boolean {
  const word = value.text.toLowerCase();
  const own = scalar.type === 'string' ? scalar.value : '';
  if (op === '=') return own === word;
  const order = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  if (name !== 'level' || !order.includes(own) || !order.includes(word)) return false;
  return fitsNumber(op, order.indexOf(own), order.indexOf(word));
}

function fitsText(op: CompareOp, text: string, value: Value): boolean {
  if (op === '=') {
    if (!value.glob) return text === value.text;
    const pattern = value.text
      .split('*')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return new RegExp(`^${pattern.join('[^]*')}$`, 'u').test(text);
  }
  if (value.number !== null) return false;
  return fitsNumber(op, Buffer.compare(Buffer.from(text), Buffer.from(value.text)), 0);
}

function numberOf(field: Field, name: string, value: Value): number | bigint | null {
  if (field.type === 'intrinsic' && field.name === 'start') {
    const moment = readMoment(value.text);
    return moment.type === 'moment' ? moment.unixNano : null;
  }
  if (value.number === null) return null;
  const { int, double, unit } = value.number;
  const suffix = /[._]([a-z]+)$/.exec(name)?.[1] ?? '';
  const factor = field.type === 'attribute' && unit === 'duration' ? (UNIT_NS[suffix] ?? 1n) : 1n;
  if (int === null || int % factor !== 0n) return double / Number(factor);
  return int / factor;
}

/** JavaScript compares a bigint with a double exactly. */
function fitsNumber(op: CompareOp, own: number | bigint, wanted: number | bigint): boolean {
  if (op === '<') return own < wanted;
  if (op === '<=') return own <= wanted;
  if (op === '>') return own > wanted;
  if (op === '>=') return own >= wanted;
  return own <= wanted && own >= wanted;
}

/** A body that is no string is its JSON. */
function bodyText(value: AnyValue): string {
  return value.type === 'string' ? value.value : json(value);
}

function json(value: AnyValue | undefined): string {
  switch (value?.type) {
    case undefined:
    case 'empty':
      return 'null';
    case 'string':
      return JSON.stringify(value.value);
    case 'bytes':
      return JSON.stringify(Buffer.from(value.value).toString('base64'));
    case 'array':
      return `[${value.values.map(json).join()}]`;
    case 'kvlist':
      return `{${value.values.map((pair) => `${JSON.stringify(pair.key)}:${json(pair.value)}`).join()}}`;
    case 'bool':
    case 'int':
    case 'double':
      return textForm(value.value);
  }
}

function stringsIn(value: AnyValue | undefined): string[] {
  if (value?.type === 'string') return [value.value];
  if (value?.type === 'array') return value.values.flatMap(stringsIn);
  if (value?.type === 'kvlist') return attributeTexts(value.values);
  return [];
}

function attributeTexts(attributes: readonly KeyValue[]): string[] {
  return attributes.flatMap(({ value }) => stringsIn(value));
}

function hasText(item: ReferenceItem, word: string, quoted: boolean): boolean {
  const own =
    item.type === 'span'
      ? [
          item.span.name,
          item.span.status.message,
          item.span.traceState,
          ...attributeTexts(item.span.attributes),
          ...item.span.events.flatMap((each) => [each.name, ...attributeTexts(each.attributes)]),
          ...item.span.links.flatMap((each) => [
            each.traceState,
            ...attributeTexts(each.attributes),
          ]),
        ]
      : [
          ...stringsIn(item.log.body),
          item.log.severityText,
          item.log.eventName,
          ...attributeTexts(item.log.attributes),
        ];
  const all = [...own, item.service, ...attributeTexts(item.resource.attributes), item.scope.name];
  if (!quoted && /^[0-9a-f]+$/i.test(word)) {
    if (word.length === 32 && traceIdOf(item) === word.toLowerCase()) return true;
    const spanId = item.type === 'span' ? item.span.spanId : item.log.spanId;
    if (word.length === 16 && spanId === word.toLowerCase()) return true;
  }
  // Only a word with letters outside ASCII folds such letters.
  const fold = /^[\0-\x7f]*$/.test(word)
    ? (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    : (text: string): string => text.toLowerCase();
  return all.some((text) => fold(text).includes(fold(word)));
}
