/** Predicates on where a span stands in its trace: under a parent or an ancestor, beside others. */
import { SEGMENT_BITS, SLOT_MASK, type SpanSegment, type StoreRead } from '../store/schema.ts';
import { RowPredicate, type Predicate } from './predicate.ts';

/** The parent of a span, looked up first where that is still to do. */
class Parents {
  readonly #store: StoreRead;
  #trace = -1;
  #generation = -1;
  #ordinal = -1;

  constructor(store: StoreRead) {
    this.#store = store;
  }

  /** -1 for none. */
  of(segment: SpanSegment, slot: number): number {
    const trace = segment.trace[slot];
    if (trace === -1) return -1;
    const { traces, spans } = this.#store;
    const generation = traces.generationOf(trace);
    const ordinal = traces.ordinalOf(trace);
    if (trace !== this.#trace || generation !== this.#generation || ordinal !== this.#ordinal) {
      // Takes superseded spans out of the chain, and forgets parents that are gone.
      traces.firstSpanOf(trace);
      spans.resolveParents(trace);
      this.#trace = trace;
      this.#generation = generation;
      this.#ordinal = ordinal;
    }
    const parent = segment.parentRow[slot];
    // A span that names itself has no parent.
    return segment === spans.segments[parent >>> SEGMENT_BITS] && (parent & SLOT_MASK) === slot
      ? -1
      : parent;
  }
}

/** Whether a predicate holds for one row. */
class RowTest {
  readonly #store: StoreRead;
  readonly #predicate: Predicate<SpanSegment>;
  readonly #slots = new Int32Array(1);

  constructor(store: StoreRead, predicate: Predicate<SpanSegment>) {
    this.#store = store;
    this.#predicate = predicate;
  }

  holds(row: number): boolean {
    const segment = this.#store.spans.segments[row >>> SEGMENT_BITS];
    if (segment === undefined) return false;
    this.#slots[0] = row & SLOT_MASK;
    return this.#predicate.select(segment, this.#slots, 1) === 1;
  }
}

/** Spans whose parent holds. */
export class ParentPredicate extends RowPredicate<SpanSegment> {
  readonly #parents: Parents;
  readonly #left: RowTest;

  constructor(store: StoreRead, left: Predicate<SpanSegment>) {
    super();
    this.#parents = new Parents(store);
    this.#left = new RowTest(store, left);
  }

  protected test(segment: SpanSegment, slot: number): boolean {
    const parent = this.#parents.of(segment, slot);
    return parent !== -1 && this.#left.holds(parent);
  }
}

const NO = 1;
const YES = 2;
/** On the way up that is being walked: met again, it is a cycle. */
const WALKED = 3;

/**
 * Spans of which some ancestor holds. Each span's answer, "I hold or one above me does", is noted
 * until its trace changes, so that a trace is walked once, however deep it is.
 */
export class AncestorPredicate extends RowPredicate<SpanSegment> {
  readonly #store: StoreRead;
  readonly #parents: Parents;
  readonly #left: RowTest;
  /** By segment index: stamp << 2 | answer. */
  readonly #notes: (Int32Array | undefined)[] = [];
  /** By trace row: the generation and ordinal that a stamp is about. */
  readonly #stamps = new Map<number, { generation: number; ordinal: number; stamp: number }>();
  #nextStamp = 1;
  #path = new Int32Array(64);

  constructor(store: StoreRead, left: Predicate<SpanSegment>) {
    super();
    this.#store = store;
    this.#parents = new Parents(store);
    this.#left = new RowTest(store, left);
  }

  protected test(segment: SpanSegment, slot: number): boolean {
    const trace = segment.trace[slot];
    if (trace === -1) return false;
    const parent = this.#parents.of(segment, slot);
    return parent !== -1 && this.#holdsUpFrom(parent, this.#stampOf(trace));
  }

  #stampOf(trace: number): number {
    const { traces } = this.#store;
    const generation = traces.generationOf(trace);
    const ordinal = traces.ordinalOf(trace);
    const known = this.#stamps.get(trace);
    if (known?.generation === generation && known.ordinal === ordinal) return known.stamp;
    if (this.#nextStamp > 0x1ffffff) {
      this.#nextStamp = 1;
      this.#stamps.clear();
      this.#notes.length = 0;
    }
    const stamp = this.#nextStamp++;
    this.#stamps.set(trace, { generation, ordinal, stamp });
    return stamp;
  }

  #holdsUpFrom(first: number, stamp: number): boolean {
    let length = 0;
    let answer = NO;
    let row = first;
    while (row !== -1) {
      const segment = this.#store.spans.segments[row >>> SEGMENT_BITS];
      if (segment === undefined) break;
      const slot = row & SLOT_MASK;
      const notes = this.#notesOf(row >>> SEGMENT_BITS);
      const note = notes[slot];
      if (note >>> 2 === stamp) {
        if ((note & 3) !== WALKED) answer = note & 3;
        break;
      }
      if (length === this.#path.length) {
        const longer = new Int32Array(length * 2);
        longer.set(this.#path);
        this.#path = longer;
      }
      this.#path[length++] = row;
      notes[slot] = (stamp << 2) | WALKED;
      if (this.#left.holds(row)) {
        answer = YES;
        break;
      }
      row = this.#parents.of(segment, slot);
    }
    // On a cycle without a match, every span of the path leads into it, so NO is right for all.
    for (let i = 0; i < length; i++) {
      const walked = this.#path[i];
      this.#notesOf(walked >>> SEGMENT_BITS)[walked & SLOT_MASK] = (stamp << 2) | answer;
    }
    return answer === YES;
  }

  #notesOf(index: number): Int32Array {
    return (this.#notes[index] ??= new Int32Array(SLOT_MASK + 1));
  }
}
