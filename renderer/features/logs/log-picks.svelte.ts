/** The rows that are selected, as one stretch of positions, and the trace whose rows are lit. */

/** A trace that stays lit, and the record that it was picked at. */
export interface LitTrace {
  readonly traceId: string;
  readonly spanId: string;
}

export class LogPicks {
  /** Where the selection began, and its moving end. */
  #anchor = $state<number | undefined>(undefined);
  #head = $state<number | undefined>(undefined);
  #hovered = $state('');
  #kept = $state.raw<LitTrace | undefined>(undefined);

  /** The row that the keys act on. */
  get head(): number | undefined {
    return this.#head;
  }

  /** The selected rows [first, last]; undefined when there are none. */
  get range(): { readonly first: number; readonly last: number } | undefined {
    if (this.#head === undefined) return undefined;
    const anchor = this.#anchor ?? this.#head;
    return { first: Math.min(anchor, this.#head), last: Math.max(anchor, this.#head) };
  }

  get count(): number {
    const { range } = this;
    return range === undefined ? 0 : range.last - range.first + 1;
  }

  has(position: number): boolean {
    const { range } = this;
    return range !== undefined && position >= range.first && position <= range.last;
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
