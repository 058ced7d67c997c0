/** The marks of a capture: named moments, in the order of their time, a bounded number of them. */
import { MAX_MARK_LABEL, MAX_MARKS, type Mark } from '../../../proto/live/topics.ts';
import type { Clock } from '../config.ts';

/** Removed marks that can be brought back. */
const MAX_REMOVED = 32;
const NS_PER_MS = 1_000_000n;

/** What a mark is made of; left out: the id is made, the time is now, the name a number. */
export type MarkDraft = Omit<Mark, 'id' | 'label' | 'timeUnixNano'> &
  Partial<Pick<Mark, 'label' | 'timeUnixNano'>>;

export class Marks {
  readonly #clock: Clock;
  readonly #changed: (marks: readonly Mark[]) => void;
  #all: readonly Mark[] = [];
  /** The newest last. */
  #removed: readonly Mark[] = [];
  #number = 0;
  /** Marks that gave way to newer ones. */
  dropped = 0;

  /** `changed` is called with all marks after every change but those of `take`. */
  constructor(clock: Clock, changed: (marks: readonly Mark[]) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** By time. Another list after every change. */
  get all(): readonly Mark[] {
    return this.#all;
  }

  add(draft: MarkDraft): Mark {
    if (draft.kind === 'manual') this.#number++;
    const mark: Mark = {
      ...draft,
      id: this.#freeId(),
      timeUnixNano: draft.timeUnixNano ?? String(BigInt(this.#clock.nowMs()) * NS_PER_MS),
      label: cut(draft.label ?? '') || `Mark ${this.#number}`,
    };
    this.#insert([mark]);
    return mark;
  }

  /** Undefined when there is none of this id. `label` is not empty. */
  rename(id: string, label: string): Mark | undefined {
    const mark = this.#all.find((each) => each.id === id);
    if (mark === undefined) return undefined;
    const renamed = { ...mark, label: cut(label) };
    this.#set(this.#all.map((each) => (each === mark ? renamed : each)));
    return renamed;
  }

  /** False when there is none of this id. */
  remove(id: string): boolean {
    const mark = this.#all.find((each) => each.id === id);
    if (mark === undefined) return false;
    this.#removed = [...this.#removed, mark].slice(-MAX_REMOVED);
    this.#set(this.#all.filter((each) => each !== mark));
    return true;
  }

  /** Takes away what proved wrong, unless a person gave it another name. Not to be restored. */
  withdraw({ id, label }: Mark): void {
    const rest = this.#all.filter((each) => each.id !== id || each.label !== label);
    if (rest.length < this.#all.length) this.#set(rest);
  }

  /** Brings a removed mark back; undefined when it is not among the last ones. */
  restore(id: string): Mark | undefined {
    const mark = this.#removed.find((each) => each.id === id);
    if (mark === undefined) return undefined;
    this.#removed = this.#removed.filter((each) => each !== mark);
    this.#insert([mark]);
    return mark;
  }

  /** Takes marks of an earlier run in; those whose id is known are here already. */
  take(marks: readonly Mark[]): void {
    const known = new Set(this.#all.map(({ id }) => id));
    const added = marks.filter(({ id }) => !known.has(id));
    if (added.length === 0) return;
    this.#number = Math.max(this.#number, ...added.map(({ label }) => numberOf(label)));
    this.#insert(added);
  }

  clear(): void {
    this.#removed = [];
    this.#number = this.dropped = 0;
    this.#set([]);
  }

  #insert(added: readonly Mark[]): void {
    const marks = [...this.#all, ...added].sort(byTime);
    while (marks.length > MAX_MARKS) {
      const automatic = marks.findIndex(({ kind }) => kind !== 'manual');
      marks.splice(Math.max(0, automatic), 1);
      this.dropped++;
    }
    this.#set(marks);
  }

  #set(marks: readonly Mark[]): void {
    this.#all = marks;
    this.#changed(marks);
  }

  /** The time in ms, and what tells marks of one millisecond apart: unique in other runs too. */
  #freeId(): string {
    const base = `m${this.#clock.nowMs().toString(36)}`;
    const isTaken = (id: string): boolean =>
      [...this.#all, ...this.#removed].some((each) => each.id === id);
    let id = base;
    for (let next = 1; isTaken(id); next++) id = `${base}-${next}`;
    return id;
  }
}

function cut(label: string): string {
  return label.trim().slice(0, MAX_MARK_LABEL);
}

/** The number of a name such as "Mark 3"; 0 for other names. */
function numberOf(label: string): number {
  return Number(/^Mark (\d{1,6})$/.exec(label)?.[1] ?? 0);
}

/** Times are decimal strings without leading zeros: the longer one is later. */
function byTime(a: Mark, b: Mark): number {
  const [x, y] = [a.timeUnixNano, b.timeUnixNano];
  if (x === y) return 0;
  return x.length - y.length || (x < y ? -1 : 1);
}
