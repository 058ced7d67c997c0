/** Predicates that read the bytes of an item: attributes, events, links, a log's body, any text. */
import { LOG_RECORD, SPAN, SPAN_EVENT, SPAN_LINK } from '../../../proto/otlp/fields.ts';
import { lengthBefore } from '../store/batch-table.ts';
import type { ItemColumns, SpanSegment, StoreRead } from '../store/schema.ts';
import { WIRE } from '../wire/cursor.ts';
import { decodeLogRecord } from '../wire/decode.ts';
import { toHex } from '../wire/utf8.ts';
import { attributeText } from '../wire/value-text.ts';
import { walkStrings, type TextVisitor } from '../wire/walk-strings.ts';
import { FieldFinder, findAttributes, FOUND } from './attribute-walk.ts';
import type { KeySet } from './key-set.ts';
import type { Needle } from './bytes-test.ts';
import { enoughFor, fitsFound } from './match-owners.ts';
import { fitsText, RowPredicate, type Predicate, type RowVerdicts } from './predicate.ts';
import type { FieldMatch, Step, Verdict } from './plan.ts';
import { testText, type ValueTest } from './value-test.ts';

/** Whose bytes they are. */
export type ItemShape = 'span' | 'logRecord';

const ATTRIBUTES_TAG: Readonly<Record<ItemShape, number>> = {
  span: (SPAN.attributes << 3) | WIRE.len,
  logRecord: (LOG_RECORD.attributes << 3) | WIRE.len,
};

/** Attributes of the item; with `resource`, the resource's where the item has none. */
export class AttributePredicate<S extends ItemColumns> implements Predicate<S> {
  readonly #store: StoreRead;
  readonly #tag: number;
  readonly #keys: KeySet;
  readonly #verdict: Verdict;
  readonly #resource: RowVerdicts | null;

  constructor(
    store: StoreRead,
    shape: ItemShape,
    step: Extract<Step, { kind: 'attribute' }>,
    resource: RowVerdicts | null,
  ) {
    this.#store = store;
    this.#tag = ATTRIBUTES_TAG[shape];
    this.#keys = step.keys;
    this.#verdict = step.verdict;
    this.#resource = resource;
  }

  /** Hot loop: about 100 ns an item. */
  select(segment: S, slots: Int32Array, count: number): number {
    const { batches } = this.#store;
    const { offset } = segment;
    const verdict = this.#verdict;
    const enough = enoughFor(verdict);
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const bytes = batches.slabBytes(segment.batchOf(slot));
      const start = offset[slot];
      const end = start + lengthBefore(bytes, start);
      let found = findAttributes(bytes, start, end, this.#tag, this.#keys, enough);
      if (found === 0 && this.#resource !== null) {
        found = this.#resource.of(segment.resourceOf(slot));
      }
      if (fitsFound(verdict, found)) slots[kept++] = slot;
    }
    return kept;
  }
}

const CHILDREN = {
  event: {
    tag: (SPAN.events << 3) | WIRE.len,
    attributes: (SPAN_EVENT.attributes << 3) | WIRE.len,
    own: { name: SPAN_EVENT.name, trace: -1, span: -1 },
  },
  link: {
    tag: (SPAN.links << 3) | WIRE.len,
    attributes: (SPAN_LINK.attributes << 3) | WIRE.len,
    own: { name: -1, trace: SPAN_LINK.traceId, span: SPAN_LINK.spanId },
  },
} as const;

/** Events or links of a span: their attributes, and a field of their own. */
export class ChildrenPredicate extends RowPredicate<SpanSegment> {
  readonly #store: StoreRead;
  readonly #step: Extract<Step, { kind: 'children' }>;
  readonly #children = new FieldFinder();
  readonly #own = new FieldFinder();

  constructor(store: StoreRead, step: Extract<Step, { kind: 'children' }>) {
    super();
    this.#store = store;
    this.#step = step;
  }

  protected test(segment: SpanSegment, slot: number): boolean {
    const { of, verdict, keys, own, test } = this.#step;
    const counts = of === 'event' ? segment.eventCount : segment.linkCount;
    if (counts[slot] === 0) return false;
    const bytes = this.#store.batches.slabBytes(segment.batchOf(slot));
    const start = segment.offset[slot];
    const { tag, attributes, own: fields } = CHILDREN[of];
    const children = this.#children;
    const enough = enoughFor(verdict);
    children.reset(bytes, start, start + lengthBefore(bytes, start), tag);
    let found = 0;
    while ((found & enough) === 0 && children.next()) {
      if (own !== null) found |= this.#ownField(fields[own], own === 'name', test);
      if (keys.tests.length > 0) {
        found |= findAttributes(bytes, children.start, children.end, attributes, keys, enough);
      }
    }
    return fitsFound(verdict, found);
  }

  /** FOUND bits of a text or an id; the last one counts. An empty one is missing. */
  #ownField(field: number, isText: boolean, test: ValueTest | null): number {
    const { bytes, start, end } = this.#children;
    const own = this.#own;
    own.reset(bytes, start, end, (field << 3) | WIRE.len);
    let from = -1;
    let to = -1;
    while (own.next()) {
      from = own.start;
      to = own.end;
    }
    if (from === to) return 0;
    if (!isText && isZero(bytes, from, to)) return 0;
    if (test === null) return FOUND.present;
    const fits = isText ? test.text(bytes, from, to) : testText(test, toHex(bytes, from, to));
    return FOUND.present | FOUND.value | (fits ? FOUND.holds : 0);
  }
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

const BODY_TAG = (LOG_RECORD.body << 3) | WIRE.len;
const EVENT_NAME_TAG = (LOG_RECORD.eventName << 3) | WIRE.len;
const STRING_VALUE_TAG = 0x0a;

/** The body of a log record in its text form, or the name of its event. */
export class RecordTextPredicate<S extends ItemColumns> extends RowPredicate<S> {
  readonly #store: StoreRead;
  readonly #field: 'body' | 'eventName';
  readonly #match: FieldMatch;
  readonly #finder = new FieldFinder();
  readonly #inner = new FieldFinder();

  constructor(store: StoreRead, field: 'body' | 'eventName', match: FieldMatch) {
    super();
    this.#store = store;
    this.#field = field;
    this.#match = match;
  }

  protected test(segment: S, slot: number): boolean {
    const bytes = this.#store.batches.slabBytes(segment.batchOf(slot));
    const start = segment.offset[slot];
    const end = start + lengthBefore(bytes, start);
    const finder = this.#finder;
    finder.reset(bytes, start, end, this.#field === 'body' ? BODY_TAG : EVENT_NAME_TAG);
    if (!finder.next()) return false;
    const from = finder.start;
    const to = finder.end;
    const isOnly = !finder.next();
    if (this.#field === 'eventName') {
      return isOnly
        ? from < to && this.#fits(bytes, from, to)
        : fitsText(this.#match, decodeLogRecord(bytes, start, end).eventName || null);
    }
    const inner = this.#inner;
    inner.reset(bytes, from, to, STRING_VALUE_TAG);
    if (isOnly && bytes[from] === STRING_VALUE_TAG && inner.next() && inner.end === to) {
      return this.#fits(bytes, inner.start, to);
    }
    const { body } = decodeLogRecord(bytes, start, end);
    return fitsText(this.#match, body === undefined ? null : attributeText(body));
  }

  #fits(bytes: Uint8Array, start: number, end: number): boolean {
    const { test, verdict } = this.#match;
    return test === null || test.text(bytes, start, end) === (verdict === 'holds');
  }
}

/** Some text of the item, of its resource or the name of its scope has the words. */
export class WordsPredicate<S extends ItemColumns> implements Predicate<S>, TextVisitor {
  readonly #store: StoreRead;
  readonly #shape: ItemShape;
  readonly #needle: Needle;
  readonly #resource: RowVerdicts;
  readonly #scope: RowVerdicts;

  constructor(
    store: StoreRead,
    shape: ItemShape,
    needle: Needle,
    resource: RowVerdicts,
    scope: RowVerdicts,
  ) {
    this.#store = store;
    this.#shape = shape;
    this.#needle = needle;
    this.#resource = resource;
    this.#scope = scope;
  }

  /**
   * Hot loop. Most items are turned down by a look at their raw bytes; only a hit, which may be in a
   * key or across two fields, has the texts looked at one by one.
   */
  select(segment: S, slots: Int32Array, count: number): number {
    const { batches } = this.#store;
    const { offset } = segment;
    const needle = this.#needle;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i];
      const bytes = batches.slabBytes(segment.batchOf(slot));
      const start = offset[slot];
      const end = start + lengthBefore(bytes, start);
      if (
        this.#resource.of(segment.resourceOf(slot)) === 1 ||
        this.#scope.of(segment.scopeOf(slot)) === 1 ||
        (needle.mayOccur(bytes, start, end) && walkStrings(this.#shape, bytes, start, end, this))
      ) {
        slots[kept++] = slot;
      }
    }
    return kept;
  }

  text(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#needle.occurs(bytes, start, end);
  }
}
