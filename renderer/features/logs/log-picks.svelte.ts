/**
 * The rows that are selected: one stretch of positions, and rows marked one by one; and the trace whose
 * rows are lit.
 */

/** Positions from the first to the last. */
export interface RowStretch {
  readonly first: number;
  readonly last: number;
}

/** A trace that stays lit, and the record that it was picked at. */
export interface LitTrace {
  readonly traceId: string;
  readonly spanId: string;
}

export class LogPicks {
  /** Where the selection began, and its moving end. */
  #anchor = $state<number | undefined>(undefined);
  #head = $state<number | undefined>(undefined);
  #marked = $state.raw<ReadonlySet<number>>(new Set());
  #hovered = $state('');
  #kept = $state.raw<LitTrace | undefined>(undefined);

  /** The row that the keys act on. */
  get head(): number | undefined {
    return this.#head;
  }

  /** The selected rows [first, last]; undefined when there are none. */
  get range(): RowStretch | undefined {
    if (this.#head === undefined) return undefined;
    const anchor = this.#anchor ?? this.#head;
    return { first: Math.min(anchor, this.#head), last: Math.max(anchor, this.#head) };
  }

  /** What is copied and exported, in the order of the list. Beside marked rows, a single row is none of it. */
  get stretches(): readonly RowStretch[] {
    const { range } = this;
    const isPart = range !== undefined && (this.#marked.size === 0 || range.first < range.last);
    const all = Array.from(this.#marked, (row): RowStretch => ({ first: row, last: row }));
    if (isPart) all.push(range);
    all.sort((a, b) => a.first - b.first);
    const joined: RowStretch[] = [];
    for (const next of all) {
      const last = joined.at(-1);
      if (last === undefined || next.first > last.last + 1) joined.push(next);
      else joined.splice(-1, 1, { first: last.first, last: Math.max(last.last, next.last) });
    }
    return joined;
  }

  get count(): number {
    return this.stretches.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  get hasMarked(): boolean {
    return this.#marked.size > 0;
  }

  isMarked(position: number): boolean {
    return this.#marked.has(position);
  }

  has(position: number): boolean {
    const { range } = this;
    return range !== undefined && position >= range.first && position <= range.last;
  }

  /** Marks a row, or takes its mark away, and selects it. */
  toggleMark(position: number): void {
    const marked = new Set(this.#marked);
    if (!marked.delete(position)) marked.add(position);
    this.#marked = marked;
    this.select(position);
  }

  unmark(): void {
    this.#marked = new Set();
  }

  /** Selects one row, or none. */
  select(position: number | undefined): void {
    this.#anchor = position;
    this.#head = position;
  }

  /** Moves the end of the selection, whose beginning stays. */
  extendTo(position: number): void {
    this.#anchor ??= position;
    this.#head = position;
  }

  /** The trace whose rows are lit: the one pointed at, else the one kept; '' for none. */
  get lit(): string {
    return this.#hovered === '' ? (this.#kept?.traceId ?? '') : this.#hovered;
  }

  /** The trace that stays lit until it is let go. */
  get kept(): LitTrace | undefined {
    return this.#kept;
  }

  hover(traceId: string): void {
    this.#hovered = traceId;
  }

  /** Keeps a trace lit, or lets it go when it is the one that is. */
  toggleKept(trace: LitTrace): void {
    this.#kept = this.#kept?.traceId === trace.traceId ? undefined : trace;
  }

  letGo(): void {
    this.#kept = undefined;
    this.#hovered = '';
  }
}
