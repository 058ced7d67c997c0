/**
 * A list of traces or spans: the window of rows in view, and whether new ones may come in. It outlives
 * the screen, so that returning finds the list as it was.
 *
 * ```
 *   newest, following   anchor null      new rows on top, at most four batches a second
 *   newest, held        anchor = newest  rows stand still, `newCount` counts what waits above
 *   any other order     anchor = number  a snapshot; another number sorts anew (N, or idle for 5 s)
 * ```
 */
import type { Session } from '../../session/session.svelte.ts';
import type { LiveError } from '../../../proto/live/protocol.ts';
import { NO_FILTER, type ListMeta, type TraceOrder } from '../../../proto/live/topics.ts';
import { BATCH_MS, COUNT_MS, holdReason, LEAVE_MS, RENEW_MS, type HoldReason } from './hold.ts';
import { MAX_MARKED, spanOrder, type ListScope } from './list-params.ts';
import {
  openList,
  type AnyRow,
  type ListFrame,
  type ListQuestion,
  type OpenList,
} from './list-source.ts';
import type { RowWindow } from './trace-rows.ts';

/** Rows asked for above and below the ones in view, so that scrolling finds them. */
const MARGIN_ROWS = 30;
/** The most rows that one frame brings. */
const MAX_ROWS = 500;
const NO_WINDOW: RowWindow<AnyRow> = { first: 0, rows: [], pinned: [] };

/** The numbers of a list. They change at most twice a second. */
export interface ListCounts {
  readonly matched: number;
  readonly total: number;
  readonly newCount: number;
}

interface RangeRequest {
  readonly first: number;
  readonly count: number;
  resolve(rows: readonly AnyRow[]): void;
}

export class ListState {
  readonly scope: ListScope;
  readonly #session: Session;
  readonly #param: 'trace' | 'span';
  #live: OpenList | undefined;
  #question: ListQuestion = { filter: NO_FILTER, brush: null, order: 'newest' };
  #anchor: number | null = null;
  #snapshots = 0;
  #first = 0;
  #count = 80;
  #range: RangeRequest | undefined;
  #appliedAtMs = 0;
  #countedAtMs = 0;
  #isDue = true;
  #waiting: ListFrame | undefined;
  #batchTimer: ReturnType<typeof setTimeout> | undefined;
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  #leaveTimer: ReturnType<typeof setTimeout> | undefined;
  #renewTimer: ReturnType<typeof setInterval> | undefined;

  #meta = $state.raw<(ListMeta & { readonly total: number }) | undefined>(undefined);
  #counts = $state.raw<ListCounts>({ matched: 0, total: 0, newCount: 0 });
  #window = $state.raw<RowWindow<AnyRow>>(NO_WINDOW);
  #error = $state.raw<LiveError | undefined>(undefined);
  #order = $state.raw<TraceOrder>('newest');
  #longestNs = $state(4e9);
  #isPointing = $state(false);
  isScrolled = $state(false);
  hasTextSelected = $state(false);
  /** The row of the selected item in the list, -1 when it is not known. */
  selectedRow = $state(-1);
  /** Counts jumps to the top; the list scrolls there when it changes. */
  jumps = $state(0);

  constructor(session: Session, scope: ListScope) {
    this.#session = session;
    this.scope = scope;
    this.#param = scope === 'traces' ? 'trace' : 'span';
    session.onReset(() => {
      this.#reset();
    });
  }

  get meta(): (ListMeta & { readonly total: number }) | undefined {
    return this.#meta;
  }

  get counts(): ListCounts {
    return this.#counts;
  }

  get order(): TraceOrder {
    return this.#order;
  }

  get pinned(): readonly AnyRow[] {
    return this.#window.pinned;
  }

  get error(): LiveError | undefined {
    return this.#error;
  }

  /** Why the list is held. Not a `$derived`: the list outlives the component that made it. */
  get reason(): HoldReason | null {
    return holdReason({
      isPaused: this.#session.isPaused,
      isPointing: this.#isPointing,
      hasSelection: this.selectedKey !== '',
      hasMarked: this.#isShown && this.#session.route.listParam('sel') !== '',
      hasTextSelected: this.hasTextSelected,
      isScrolled: this.isScrolled,
    });
  }

  /** The end of the duration bars: grows with the longest item seen, never shrinks. */
  get longestNs(): number {
    return this.#longestNs;
  }

  /** The key of the selected row; '' for none. */
  get selectedKey(): string {
    return this.#isShown ? this.#session.route.listParam(this.#param) : '';
  }

  get #isShown(): boolean {
    return this.#session.route.hasList;
  }

  /** A row of the list, undefined while it is on its way. */
  row(index: number): AnyRow | undefined {
    return this.#window.rows[index - this.#window.first];
  }

  /** Subscribes while the screen is shown; the result ends it. */
  attach(): () => void {
    this.#isDue = true;
    this.#live = openList(this.#session, this.scope, this.#question, this.#asked(), {
      frame: (frame) => {
        this.#onFrame(frame);
      },
      ended: (error) => {
        this.#error = error;
      },
    });
    this.#renewTimer = setInterval(() => {
      const isIdle = this.reason === null && this.#order !== 'newest';
      if (isIdle && (this.#meta?.newCount ?? 0) > 0) this.#renew();
    }, RENEW_MS);
    return () => {
      this.#live?.close();
      this.#live = undefined;
      clearTimeout(this.#batchTimer);
      clearTimeout(this.#countTimer);
      clearTimeout(this.#leaveTimer);
      clearInterval(this.#renewTimer);
      this.#batchTimer = undefined;
      this.#countTimer = undefined;
      this.#waiting = undefined;
      this.#range = undefined;
      this.#isPointing = false;
    };
  }

  /** Another question starts at the top, following. */
  ask(question: ListQuestion): void {
    if (JSON.stringify(question) === JSON.stringify(this.#question)) return;
    this.#question = question;
    this.#order = question.order;
    this.#error = undefined;
    this.#toTop();
  }

  /** The rows in view, as the list reports them. */
  setWindow(first: number, count: number): void {
    const from = Math.max(0, first - MARGIN_ROWS);
    const length = Math.min(MAX_ROWS, count + 2 * MARGIN_ROWS);
    if (from === this.#first && length === this.#count) return;
    this.#first = from;
    this.#count = length;
    this.#update();
  }

  /** Rows [first, first + count) of the list as it stands, at most MAX_MARKED of them. */
  rowsIn(first: number, count: number): Promise<readonly AnyRow[]> {
    const length = Math.min(count, MAX_MARKED, (this.#meta?.length ?? 0) - first);
    if (length <= 0) return Promise.resolve([]);
    const held = this.#rowsHeld(first, length);
    if (held !== undefined) return Promise.resolve(held);
    this.#range?.resolve([]);
    return new Promise((resolve) => {
      this.#range = { first, count: length, resolve };
      this.#update();
    });
  }

  /** Holds at the rows shown, or follows again when nothing holds any more. */
  applyHold(reason: HoldReason | null): void {
    if (this.#order !== 'newest') return;
    if (reason === null) this.#setAnchor(null);
    else if (this.#anchor === null && this.#meta?.order === 'newest' && this.#canHold()) {
      this.#setAnchor(this.#meta.newestOrdinal);
    }
  }

  #canHold(): boolean {
    return this.#session.isPaused || (this.#meta?.length ?? 0) > 0;
  }

  /** Takes the waiting rows in and goes to the top; what holds then holds at them. */
  bringIn(): void {
    this.#toTop();
  }

  pointAt(isPointing: boolean): void {
    clearTimeout(this.#leaveTimer);
    if (isPointing) this.#isPointing = true;
    else {
      this.#leaveTimer = setTimeout(() => {
        this.#isPointing = false;
      }, LEAVE_MS);
    }
  }

  select(row: number): void {
    const item = this.row(row);
    if (item !== undefined) this.choose(item, row);
  }

  /** Selects an item of the list that need not be in view. */
  choose(item: AnyRow, row: number): void {
    this.selectedRow = row;
    this.#session.route.setList({ [this.#param]: item.key });
  }

  deselect(): void {
    this.selectedRow = -1;
    this.#session.route.setList({ [this.#param]: '' });
  }

  /** Asks again, for what the engine changed on a request: a pin. */
  refresh(): void {
    this.#update();
  }

  #rowsHeld(first: number, count: number): readonly AnyRow[] | undefined {
    const from = first - this.#window.first;
    const rows = this.#window.rows.slice(Math.max(0, from), Math.max(0, from) + count);
    return from >= 0 && rows.length === count ? rows : undefined;
  }

  #asked() {
    const { first, count } = this.#range ?? { first: this.#first, count: this.#count };
    return { anchor: this.#anchor, first, count };
  }

  #update(): void {
    this.#isDue = true;
    this.#live?.update(this.#question, this.#asked());
  }

  #setAnchor(anchor: number | null): void {
    if (anchor === this.#anchor) return;
    this.#anchor = anchor;
    this.#waiting = undefined;
    this.#update();
  }

  /** Sorts a snapshot anew, and leaves the place in it. */
  #renew(): void {
    this.#setAnchor(++this.#snapshots);
  }

  #toTop(): void {
    this.#anchor = this.#order === 'newest' ? null : ++this.#snapshots;
    this.#first = 0;
    this.isScrolled = false;
    this.selectedRow = -1;
    this.#waiting = undefined;
    this.jumps++;
    this.#update();
  }

  #reset(): void {
    // A selected row holds the list, and its item may be gone.
    if (this.selectedKey !== '') this.deselect();
    this.#isPointing = false;
    this.#window = NO_WINDOW;
    this.#meta = undefined;
    this.#toTop();
  }

  #onFrame(frame: ListFrame): void {
    if (this.#isStale(frame)) return;
    this.#waiting = frame;
    const restMs = BATCH_MS - (performance.now() - this.#appliedAtMs);
    if (this.#isDue || restMs <= 0) this.#apply();
    else {
      this.#batchTimer ??= setTimeout(() => {
        this.#apply();
      }, restMs);
    }
  }

  /** Whether a frame was sent before the engine knew of the hold, or of the order. */
  #isStale({ meta }: ListFrame): boolean {
    const order = this.scope === 'spans' ? spanOrder(this.#order) : this.#order;
    if (meta.order !== order) return true;
    if (order !== 'newest') return meta.newestOrdinal !== (this.#anchor ?? 0);
    return this.#anchor !== null && meta.newestOrdinal > this.#anchor;
  }

  #apply(): void {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    const frame = this.#waiting;
    if (frame === undefined) return;
    this.#waiting = undefined;
    const wasDue = this.#isDue;
    this.#isDue = false;
    this.#appliedAtMs = performance.now();
    this.#error = undefined;
    if (this.#answerRange(frame)) return;
    this.#meta = frame.meta;
    this.#recount(wasDue);
    this.#window = frame.read();
    for (const { durationNs } of this.#window.rows) {
      if (durationNs > this.#longestNs) this.#longestNs = durationNs;
    }
    const selected = this.selectedKey;
    const at = this.#window.rows.findIndex(({ key }) => key === selected);
    if (at >= 0) this.selectedRow = this.#window.first + at;
    if (frame.meta.length === 0) this.#letGo();
    if (this.reason !== null) this.applyHold(this.reason);
  }

  /** True when the frame answered `rowsIn`: what is in view is then asked for again. */
  #answerRange(frame: ListFrame): boolean {
    const range = this.#range;
    if (range === undefined) return false;
    const { first, rows } = frame.read();
    if (
      first !== range.first ||
      (rows.length < range.count && frame.meta.length > first + rows.length)
    )
      return false;
    this.#range = undefined;
    range.resolve(rows.slice(0, range.count));
    this.#update();
    return true;
  }

  #recount(isDue: boolean): void {
    const take = (): void => {
      clearTimeout(this.#countTimer);
      this.#countTimer = undefined;
      if (this.#meta === undefined) return;
      const { matched, total, newCount } = this.#meta;
      this.#countedAtMs = performance.now();
      this.#counts = { matched, total, newCount };
    };
    const restMs = COUNT_MS - (performance.now() - this.#countedAtMs);
    if (isDue || restMs <= 0) take();
    else this.#countTimer ??= setTimeout(take, restMs);
  }

  /** An empty list (cleared, say) has no row to hold still, whatever was pointed at before. */
  #letGo(): void {
    this.#isPointing = false;
    if (!this.#session.isPaused && this.#order === 'newest') this.#setAnchor(null);
  }
}

/** The lists of a session: that of traces, and that of spans. */
export function listOf(session: Session, scope: ListScope): ListState {
  return session.keep(`list ${scope}`, () => new ListState(session, scope));
}
