/**
 * The list of traces: the window of rows in view, and whether new ones may come in. It outlives the
 * screen, so that returning finds the list as it was.
 *
 * ```
 *   following   anchor null      new rows on top, at most four batches a second
 *   held        anchor = newest  rows stand still, `newCount` counts what waits above
 * ```
 */
import type { Session } from '../../session/session.svelte.ts';
import type { LiveSubscription, TopicFrame } from '../../../proto/live/client.ts';
import type { LiveError } from '../../../proto/live/protocol.ts';
import type { Filter, TracesMeta } from '../../../proto/live/topics.ts';
import { BATCH_MS, holdReason, LEAVE_MS, type HoldReason } from './hold.ts';
import { readTraceRows, type TraceRow, type TraceWindow } from './trace-rows.ts';

/** Rows asked for above and below the ones in view, so that scrolling finds them. */
const MARGIN_ROWS = 30;
const NO_WINDOW: TraceWindow = { first: 0, rows: [], pinned: [] };

export class TracesState {
  readonly #session: Session;
  #live: LiveSubscription<'traces'> | undefined;
  #filter: Filter = { text: '', services: [], notServices: [] };
  #anchor: number | null = null;
  #first = 0;
  #count = 80;
  #appliedAtMs = 0;
  #isDue = true;
  #waiting: TopicFrame<'traces'> | undefined;
  #batchTimer: ReturnType<typeof setTimeout> | undefined;
  #leaveTimer: ReturnType<typeof setTimeout> | undefined;

  #meta = $state.raw<TracesMeta | undefined>(undefined);
  #window = $state.raw<TraceWindow>(NO_WINDOW);
  #error = $state.raw<LiveError | undefined>(undefined);
  #longestNs = $state(4e9);
  #isPointing = $state(false);
  isScrolled = $state(false);
  hasTextSelected = $state(false);
  /** The row of the selected trace in the list, -1 when it is not known. */
  selectedRow = $state(-1);
  /** Counts jumps to the top; the list scrolls there when it changes. */
  jumps = $state(0);

  constructor(session: Session) {
    this.#session = session;
    session.onReset(() => {
      this.#reset();
    });
  }

  get meta(): TracesMeta | undefined {
    return this.#meta;
  }

  get pinned(): readonly TraceRow[] {
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
      hasSelection: this.selectedId !== '',
      hasTextSelected: this.hasTextSelected,
      isScrolled: this.isScrolled,
    });
  }

  /** The end of the duration bars: grows with the longest trace seen, never shrinks. */
  get longestNs(): number {
    return this.#longestNs;
  }

  get selectedId(): string {
    return this.#session.route.screen === 'traces' ? this.#session.route.param('trace') : '';
  }

  /** A row of the list, undefined while it is on its way. */
  row(index: number): TraceRow | undefined {
    return this.#window.rows[index - this.#window.first];
  }

  /** Subscribes while the screen is shown; the result ends it. */
  attach(): () => void {
    this.#isDue = true;
    this.#live = this.#session.live('traces', this.#params(), {
      frame: (frame) => {
        this.#onFrame(frame);
      },
      ended: (error) => {
        this.#error = error;
      },
    });
    return () => {
      this.#live?.close();
      this.#live = undefined;
      clearTimeout(this.#batchTimer);
      clearTimeout(this.#leaveTimer);
      this.#batchTimer = undefined;
      this.#waiting = undefined;
      this.#isPointing = false;
    };
  }

  /** Another filter starts at the top, following. */
  setFilter(filter: Filter): void {
    if (JSON.stringify(filter) === JSON.stringify(this.#filter)) return;
    this.#filter = filter;
    this.#toTop();
  }

  /** The rows in view, as the list reports them. */
  setWindow(first: number, count: number): void {
    const from = Math.max(0, first - MARGIN_ROWS);
    const length = count + 2 * MARGIN_ROWS;
    if (from === this.#first && length === this.#count) return;
    this.#first = from;
    this.#count = length;
    this.#ask();
  }

  /** Holds at the rows shown, or follows again when nothing holds any more. */
  applyHold(reason: HoldReason | null): void {
    if (reason === null) this.#setAnchor(null);
    else if (this.#anchor === null && this.#meta !== undefined && this.#canHold()) {
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
    const trace = this.row(row);
    if (trace === undefined) return;
    this.selectedRow = row;
    this.#session.route.set({ trace: trace.traceId });
  }

  deselect(): void {
    this.selectedRow = -1;
    this.#session.route.set({ trace: '' });
  }

  async pin(trace: TraceRow): Promise<void> {
    const { traceId, isPinned } = trace;
    try {
      await this.#session.request('trace.pin', { traceId, pinned: !isPinned });
      this.#isDue = true;
      this.#ask();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#session.notices.show({ key: 'pin', tone: 'error', text });
    }
  }

  #params() {
    return {
      filter: this.#filter,
      anchor: this.#anchor,
      first: this.#first,
      count: this.#count,
    };
  }

  #ask(): void {
    this.#isDue = true;
    this.#live?.update(this.#params());
  }

  #setAnchor(anchor: number | null): void {
    if (anchor === this.#anchor) return;
    this.#anchor = anchor;
    this.#waiting = undefined;
    this.#ask();
  }

  #toTop(): void {
    this.#anchor = null;
    this.#first = 0;
    this.isScrolled = false;
    this.selectedRow = -1;
    this.jumps++;
    this.#ask();
  }

  #reset(): void {
    // A selected row holds the list, and its trace may be gone.
    if (this.selectedId !== '') this.deselect();
    this.#isPointing = false;
    this.#window = NO_WINDOW;
    this.#meta = undefined;
    this.#waiting = undefined;
    this.#toTop();
  }

  #onFrame(frame: TopicFrame<'traces'>): void {
    // Sent before the engine knew of the hold.
    if (this.#anchor !== null && frame.meta.newestOrdinal > this.#anchor) return;
    this.#waiting = frame;
    const restMs = BATCH_MS - (performance.now() - this.#appliedAtMs);
    if (this.#isDue || restMs <= 0) this.#apply();
    else {
      this.#batchTimer ??= setTimeout(() => {
        this.#apply();
      }, restMs);
    }
  }

  #apply(): void {
    clearTimeout(this.#batchTimer);
    this.#batchTimer = undefined;
    const frame = this.#waiting;
    if (frame === undefined) return;
    this.#waiting = undefined;
    this.#isDue = false;
    this.#appliedAtMs = performance.now();
    this.#error = undefined;
    this.#meta = frame.meta;
    this.#window = readTraceRows(frame.meta, frame.columns, (name) =>
      this.#session.colours.of(name),
    );
    for (const { durationNs } of this.#window.rows) {
      if (durationNs > this.#longestNs) this.#longestNs = durationNs;
    }
    const selected = this.selectedId;
    const at = this.#window.rows.findIndex(({ traceId }) => traceId === selected);
    if (at >= 0) this.selectedRow = this.#window.first + at;
    if (frame.meta.length === 0) this.#letGo();
    if (this.reason !== null) this.applyHold(this.reason);
  }

  /** An empty list (cleared, say) has no row to hold still, whatever was pointed at before. */
  #letGo(): void {
    this.#isPointing = false;
    if (!this.#session.isPaused) this.#setAnchor(null);
  }
}

const states = new WeakMap<Session, TracesState>();

/** The list of a session. */
export function tracesOf(session: Session): TracesState {
  let state = states.get(session);
  if (state === undefined) states.set(session, (state = new TracesState(session)));
  return state;
}
