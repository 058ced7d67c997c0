/**
 * What the Trace screen shows: the layout of one trace as it arrives, the shared window of time, the
 * selection (it lives in the URL), what is folded, and the search. Views read it and call its methods;
 * none of them knows another.
 */
import { frameLoop } from '../../base/raf.ts';
import type { TimeWindow } from '../../base/time-scale.ts';
import type { CriticalIndex } from '../../canvas/critical-index.ts';
import { serviceSlots } from '../../canvas/draw-context.ts';
import { carryWindow, LayoutIntake } from '../../canvas/layout-intake.ts';
import type { TraceLayout } from '../../canvas/layout-model.ts';
import { runStart, unfoldedRows } from '../../canvas/leaf-runs.ts';
import { finish } from '../../canvas/steps.ts';
import { nextError, nextWhere, pathTo } from '../../canvas/tree-walk.ts';
import { boxesOf, matchBoxes, spanIdsOf, type TraceSearch } from '../../canvas/trace-search.ts';
import { fitRange, reveal, wholeWindow } from '../../canvas/viewport.ts';
import type { Session } from '../../session/session.svelte.ts';
import type { LiveError } from '../../../proto/live/protocol.ts';
import type { TraceMeta } from '../../../proto/live/topics.ts';
import { keepView, keptView, type KeptView } from './kept-views.ts';
import { TraceFinder } from './trace-finder.svelte.ts';
import { ZoomMotion, type Crumb } from './zoom-motion.svelte.ts';

/** A relayout that moves boxes waits until the pointer and the wheel have been still this long. */
const CALM_MS = 300;

/** What making a layout ready may take of a frame. */
const WORK_MS = 4;

const NO_BOXES = new Uint32Array(0);

/** A layout in one of its versions: a new object whenever there is something new to draw. */
export interface ShownLayout {
  readonly layout: TraceLayout;
  /** Slot byte by string number. */
  readonly slots: Uint8Array;
}

/** The ways to look at a trace. */
export type TraceViewName = 'flame' | 'waterfall' | 'table';

export class TraceState {
  readonly session: Session;
  readonly traceId: string;
  readonly #intake = new LayoutIntake();
  /** How the trace was left, until it is folded like that. */
  #left: KeptView | undefined;
  #isWorking = false;
  #isClosed = false;
  #calmTimer: ReturnType<typeof setTimeout> | undefined;

  #shown = $state.raw<ShownLayout | undefined>(undefined);
  #meta = $state.raw<TraceMeta | undefined>(undefined);
  #error = $state.raw<LiveError | undefined>(undefined);
  #window = $state.raw<TimeWindow>({ startNs: 0, endNs: 1 });
  readonly #motion = new ZoomMotion((window) => (this.#window = window));
  #hovered = $state(-1);
  #folded = $state.raw<ReadonlySet<number>>(new Set());
  /** First boxes of the runs of equal leaves that show all their rows. */
  #unrolled = $state.raw<ReadonlySet<number>>(new Set());
  readonly finder: TraceFinder;
  /** The time under the pointer of the flame or the waterfall; null elsewhere. */
  crosshairNs = $state<number | null>(null);
  /** CSS px of the flame's drawing area: what the zoom floor is counted in. */
  widthPx = $state(800);
  /** Counts requests to bring the selection into view; the views scroll to it when it changes. */
  revealed = $state(0);

  /** Derived, so that what depends on it does not run again when another part of the URL changes. */
  readonly #isCorrected = $derived.by(() => this.session.route.param('clock') === 'corrected');
  readonly #selected = $derived.by(() => {
    const spanId = this.session.route.param('span');
    return this.#shown === undefined || spanId === '' ? -1 : this.#shown.layout.findSpan(spanId);
  });
  readonly #runs = $derived(this.#shown?.layout.runs ?? NO_BOXES);
  readonly #rows = $derived.by(() => {
    const layout = this.#shown?.layout;
    if (layout === undefined) return NO_BOXES;
    if (this.#folded.size === 0 && this.#unrolled.size === 0) return layout.rows;
    return finish(unfoldedRows(layout, layout.runs, this.#folded, this.#unrolled));
  });
  readonly #search: TraceSearch | null = $derived.by(() => {
    const found = this.finder.found;
    return this.#shown === undefined || found === null
      ? null
      : matchBoxes(this.#shown.layout, found);
  });

  constructor(session: Session, traceId: string) {
    this.session = session;
    this.traceId = traceId;
    this.finder = new TraceFinder(session, traceId);
    this.#left = keptView(session, traceId);
  }

  /** Subscribes for as long as the screen is shown; the result ends it. */
  attach(): () => void {
    this.#isClosed = false;
    const live = this.session.live(
      'trace',
      { traceId: this.traceId, corrected: this.isCorrected },
      {
        frame: ({ kind, meta, columns }) => {
          if (this.session.isPaused) this.#intake.hold('all');
          const before = this.#intake.shown?.meta;
          const result = this.#intake.take(kind, meta, columns);
          this.#error = undefined;
          this.#meta = meta;
          if (result !== 'nothing') this.#show(before);
          this.#work();
        },
        ended: (error) => {
          this.#error = error;
        },
      },
    );
    return () => {
      live.close();
      this.#isClosed = true;
      this.#motion.stop();
      this.finder.close();
      clearTimeout(this.#calmTimer);
    };
  }

  get shown(): ShownLayout | undefined {
    return this.#shown;
  }

  /** The newest head, of the shown layout or of one that still waits. */
  get meta(): TraceMeta | undefined {
    return this.#meta;
  }

  /** The span that was selected when the trace was last left; '' for none, undefined when it was not open. */
  get keptSpanId(): string | undefined {
    return keptView(this.session, this.traceId)?.spanId;
  }

  /** Remembers for the next visit how the trace is looked at, and the selected span; '' for none. */
  keep(spanId: string): void {
    const layout = this.#shown?.layout;
    if (layout === undefined) return;
    const { baseHi, baseLo, durationNs } = layout.meta;
    keepView(this.session, this.traceId, {
      window: this.#window,
      place: { baseHi, baseLo, durationNs },
      spanId,
      folded: this.#left?.folded ?? spanIdsOf(layout, this.#folded),
      unrolled: this.#left?.unrolled ?? spanIdsOf(layout, this.#unrolled),
    });
  }

  get error(): LiveError | undefined {
    return this.#error;
  }

  get window(): TimeWindow {
    return this.#window;
  }

  get whole(): TimeWindow {
    return wholeWindow(this.#shown?.layout.meta.durationNs ?? 1);
  }

  /** The selected box, -1 when the URL names no span of this layout. */
  get selected(): number {
    return this.#selected;
  }

  /** The way the trace is looked at; it lives in the URL. */
  get view(): TraceViewName {
    const view = this.session.route.param('view');
    return view === 'waterfall' || view === 'table' ? view : 'flame';
  }

  /** Whether times are shown without clock skew; it lives in the URL. */
  get isCorrected(): boolean {
    return this.#isCorrected;
  }

  toggleCorrected(): void {
    this.session.route.set({ clock: this.isCorrected ? '' : 'corrected' });
  }

  /** Whether the critical path is drawn; it lives in the URL. */
  get showsCritical(): boolean {
    return this.session.route.param('cp') !== '0';
  }

  toggleCritical(): void {
    this.session.route.set({ cp: this.showsCritical ? '0' : '' });
  }

  /** The critical path of the shown layout; null while it is not shown. */
  get critical(): CriticalIndex | null {
    return this.showsCritical ? (this.#shown?.layout.critical ?? null) : null;
  }

  /** What was zoomed to, the widest first. */
  get crumbs(): readonly Crumb[] {
    return this.#motion.crumbs;
  }

  get hovered(): number {
    return this.#hovered;
  }

  /** The rows of the waterfall: boxes that are not folded away, in order. */
  get rows(): Uint32Array {
    return this.#rows;
  }

  get search(): TraceSearch | null {
    return this.#search;
  }

  /** Shows a layout that has waited for the end of a pause or a movement. */
  resume(): void {
    const before = this.#intake.shown?.meta;
    if (this.#intake.release() !== 'nothing') this.#show(before);
    this.#work();
  }

  /** Makes the next layout ready, a few milliseconds of each frame. */
  #work(): void {
    if (this.#isWorking || !this.#intake.hasWork) return;
    this.#isWorking = true;
    frameLoop.next(() => {
      this.#isWorking = false;
      if (this.#isClosed) return;
      const before = this.#intake.shown?.meta;
      const untilMs = performance.now() + WORK_MS;
      const result = this.#intake.work(() => performance.now() >= untilMs);
      if (result !== 'nothing') this.#show(before);
      this.#work();
    });
  }

  /** Moves the window at once, as the hand moves. */
  setWindow(window: TimeWindow): void {
    this.#motion.stop();
    this.#motion.trim(window);
    this.#window = window;
    this.#stir();
  }

  /** Moves the window in a short motion, and leaves a crumb with this label. */
  zoomTo(window: TimeWindow, label: string | null): void {
    this.#motion.zoom(this.#window, window, label);
    this.#stir();
  }

  hover(box: number): void {
    this.#hovered = box;
    if (box >= 0) this.#stir();
  }

  showAll(): void {
    this.zoomTo(this.whole, null);
  }

  /** Zooms to a box. */
  fit(box: number): void {
    const columns = this.#shown?.layout.columns;
    const startNs = columns?.startNs[box];
    const endNs = columns?.endNs[box];
    if (startNs === undefined || endNs === undefined) return;
    const window = fitRange({ startNs, endNs }, this.whole, this.widthPx);
    this.zoomTo(window, this.#shown?.layout.name(box) || 'not received');
  }

  /** Selects a box and brings it into view, unless the person pointed at it or left it like that. */
  select(box: number, how: 'pointed' | 'walked' | 'kept' = 'walked'): void {
    const layout = this.#shown?.layout;
    if (layout === undefined || box < 0) return;
    this.session.route.set({ span: layout.spanId(box) });
    if (how === 'kept') return;
    this.#unfoldAbove(layout, box);
    if (this.runLength(box) === 1) this.unroll(box);
    if (how === 'pointed') return;
    const startNs = layout.columns.startNs[box] ?? 0;
    const endNs = layout.columns.endNs[box] ?? 0;
    const window = reveal(this.#window, { startNs, endNs }, this.whole, this.widthPx);
    if (window !== this.#window) this.setWindow(window);
    this.revealed++;
  }

  deselect(): void {
    this.session.route.set({ span: '' });
  }

  isFolded(box: number): boolean {
    return this.#folded.has(box);
  }

  setFolded(box: number, isFolded: boolean): void {
    const folded = new Set(this.#folded);
    if (isFolded) folded.add(box);
    else folded.delete(box);
    this.#folded = folded;
  }

  /** How many equal leaves the row of a box stands for. */
  runLength(box: number): number {
    return this.#unrolled.has(box) ? 1 : Math.max(1, this.#runs[box] ?? 1);
  }

  /** Gives each leaf of the run that a box is in a row of its own. */
  unroll(box: number): void {
    const first = runStart(this.#runs, box);
    if ((this.#runs[first] ?? 0) > 0) this.#unrolled = new Set(this.#unrolled).add(first);
  }

  stepError(step: 1 | -1): void {
    const layout = this.#shown?.layout;
    if (layout !== undefined) this.select(nextError(layout, this.#selected, step));
  }

  stepMatch(step: 1 | -1): void {
    const search = this.#search;
    if (search === null || search.count === 0) return;
    this.select(
      nextWhere(search.isMatch.length, this.#selected, step, (box) => search.isMatch[box] === 1),
    );
  }

  /** The place of the selected box among the matches, from 1; 0 when it is none of them. */
  get matchPosition(): number {
    const search = this.#search;
    if (search === null || search.isMatch[this.#selected] !== 1) return 0;
    let position = 0;
    for (let box = 0; box <= this.#selected; box++) position += search.isMatch[box] ?? 0;
    return position;
  }

  #unfoldAbove(layout: TraceLayout, box: number): void {
    const above = pathTo(layout, box).slice(0, -1);
    if (!above.some((each) => this.#folded.has(each))) return;
    const folded = new Set(this.#folded);
    for (const each of above) folded.delete(each);
    this.#folded = folded;
  }

  #show(before: TraceMeta | undefined): void {
    const layout = this.#intake.shown;
    if (layout === undefined) {
      this.#shown = undefined;
      return;
    }
    const previous = this.#shown?.layout;
    if (previous !== undefined && previous !== layout) this.#carryFolds(previous, layout);
    this.#restoreFolds(layout);
    this.#motion.stop();
    this.#window = this.#windowFor(layout.meta, before);
    this.#hovered = -1;
    if (previous?.meta.spanCount !== layout.meta.spanCount) this.finder.grow();
    const { strings, services } = layout;
    this.#shown = {
      layout,
      slots: serviceSlots(strings, services, (name) => this.session.colours.of(name)),
    };
  }

  /** A first layout is shown as the trace was left. */
  #windowFor(meta: TraceMeta, before: TraceMeta | undefined): TimeWindow {
    if (before !== undefined) return carryWindow(this.#window, before, meta, this.widthPx);
    const kept = keptView(this.session, this.traceId);
    if (kept === undefined) return wholeWindow(meta.durationNs);
    return carryWindow(kept.window, kept.place, meta, this.widthPx);
  }

  /** Folded and unrolled boxes stay so in another layout: span ids name them there. */
  #carryFolds(previous: TraceLayout, layout: TraceLayout): void {
    this.#fold(layout, spanIdsOf(previous, this.#folded), spanIdsOf(previous, this.#unrolled));
  }

  /** A trace that is opened again is folded as it was left, once all of it is there. */
  #restoreFolds(layout: TraceLayout): void {
    const left = this.#left;
    if (left === undefined || !layout.isComplete) return;
    this.#left = undefined;
    this.#fold(layout, left.folded, left.unrolled);
  }

  #fold(layout: TraceLayout, folded: readonly string[], unrolled: readonly string[]): void {
    if (folded.length > 0 || this.#folded.size > 0) this.#folded = boxesOf(layout, folded);
    if (unrolled.length > 0 || this.#unrolled.size > 0) this.#unrolled = boxesOf(layout, unrolled);
  }

  /** Holds relayouts back until the person has been still for CALM_MS. */
  #stir(): void {
    this.#intake.hold('moves');
    clearTimeout(this.#calmTimer);
    this.#calmTimer = setTimeout(() => {
      if (!this.session.isPaused) this.resume();
    }, CALM_MS);
  }
}
