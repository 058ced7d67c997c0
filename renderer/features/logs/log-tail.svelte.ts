/**
 * The log tail: what is asked of the engine, what came, whether it follows, and which records are
 * selected, open and lit. It outlives the screen's component, so that coming back finds the same place.
 */
import type { LiveSubscription } from '../../../proto/live/client.ts';
import type { LogDetail } from '../../../proto/live/methods.ts';
import type { LogsColumns, LogsMeta, LogsParams } from '../../../proto/live/topics.ts';
import type { Session } from '../../session/session.svelte.ts';
import { readBrush, withBrush, type LogBrush } from '../../session/log-brush.ts';
import { LogCharts } from './log-charts.svelte.ts';
import { splitMarks } from '../../session/log-marks.ts';
import { LogPicks } from './log-picks.svelte.ts';
import type { LogScope } from './log-records.ts';
import {
  LEAST_SEVERITY,
  leastLevelOf,
  nextWindow,
  readLog,
  type LogView,
  type LogWindow,
} from './log-rows.ts';
import { LogSeek } from './log-seek.ts';
import { isStorm, shownOneOf } from './log-storm.ts';
import { exactRows, wantedRows, type WantedRows } from './log-window.ts';

const FIRST_ROWS: WantedRows = { first: null, count: 120 };

/** The opened record: its place, and its content once it has arrived. */
export interface OpenRecord {
  readonly position: number;
  readonly key: number;
  readonly detail: LogDetail | undefined;
  /** Why there is no content. */
  readonly error: string;
}

/** A place that the list should show. A new object for every request. */
export interface Reveal {
  readonly position: number;
  readonly where: 'start' | 'center';
}

export class LogTail {
  /** The density, the gutter and the counts. */
  readonly charts: LogCharts;
  /** Which rows are selected, and which trace is lit. */
  readonly picks = new LogPicks();

  readonly #session: Session;
  #handle: LiveSubscription<'logs'> | undefined;
  #wanted: WantedRows = FIRST_ROWS;
  #shown = $state.raw({ first: 0, count: 40 });
  #scopeKey = '';
  /** The search for the record that the URL names, while it goes on. */
  #seek: LogSeek | undefined;

  #meta = $state.raw<LogsMeta | undefined>(undefined);
  #window = $state.raw<LogWindow | undefined>(undefined);
  #isFollowing = $state(true);
  /** The end of the list when following stopped: what came later is new. */
  #seenEnd = $state(0);
  /** The end of the list while the view is paused. */
  #pausedEnd = $state<number | undefined>(undefined);
  #open = $state.raw<OpenRecord | undefined>(undefined);
  #error = $state('');
  #isStorm = $state(false);
  #reveal = $state.raw<Reveal | undefined>(undefined);

  constructor(session: Session) {
    this.#session = session;
    this.charts = new LogCharts(session, () => {
      this.#handle?.update(this.#params());
    });
    session.onReset(() => {
      this.#restart();
      if (session.route.screen === 'logs') session.route.set({ row: '', from: '', to: '' });
    });
  }

  get meta(): LogsMeta | undefined {
    return this.#meta;
  }

  get window(): LogWindow | undefined {
    return this.#window;
  }

  /** Rows of the list are [begin, end); a pause holds the end. */
  get begin(): number {
    return this.#meta?.begin ?? 0;
  }

  get end(): number {
    const end = this.#meta?.end ?? 0;
    return this.#pausedEnd === undefined
      ? end
      : Math.max(this.begin, Math.min(end, this.#pausedEnd));
  }

  get isFollowing(): boolean {
    return this.#isFollowing && this.#pausedEnd === undefined;
  }

  /** Whether following is chosen, also while a pause holds it. */
  get followsAfterPause(): boolean {
    return this.#isFollowing;
  }

  get newCount(): number {
    return this.#isFollowing ? 0 : Math.max(0, (this.#meta?.end ?? 0) - this.#seenEnd);
  }

  /** One of how many lines is shown while they come faster than can be read; 1: all are. */
  get oneOf(): number {
    return this.#isStorm && this.isFollowing
      ? shownOneOf(this.#meta?.perSecond ?? 0, this.#shown.count)
      : 1;
  }

  get open(): OpenRecord | undefined {
    return this.#open;
  }

  /** What the list should bring into view; a new object when it should again. */
  get reveal(): Reveal | undefined {
    return this.#reveal;
  }

  /** The rows that the list draws. */
  get shown(): { readonly first: number; readonly count: number } {
    return this.#shown;
  }

  /** Why the engine refused the subscription; '' when it did not. */
  get error(): string {
    return this.#error;
  }

  /** Texts to mark in every row. */
  get marks(): readonly string[] {
    return splitMarks(this.#session.route.param('q')).marks;
  }

  /** The stretch of time that the list is narrowed to. */
  get brush(): LogBrush | undefined {
    const { route } = this.#session;
    return readBrush(route.param('from'), route.param('to'));
  }

  row(position: number): LogView | undefined {
    return this.#window === undefined ? undefined : readLog(this.#window, position);
  }

  /** What the list is narrowed to, as the engine is asked for it. */
  scope(): LogScope {
    const whole = this.#wholeScope();
    return { ...whole, filter: withBrush(whole.filter, this.brush) };
  }

  /** Subscribes; the result ends it. Called when the screen appears. */
  attach(): () => void {
    this.#error = '';
    const handle = this.#session.live('logs', this.#params(), {
      frame: ({ meta, columns }) => {
        this.#take(meta, columns);
      },
      ended: (error) => {
        this.#error = error.message;
      },
    });
    this.#handle = handle;
    const detach = this.charts.attach();
    return () => {
      handle.close();
      detach();
      this.#handle = undefined;
    };
  }

  /** Called when the filter, the level, the brush or the trace may have changed. */
  rescope(): void {
    const key = JSON.stringify(this.scope());
    this.charts.narrow(this.brush === undefined ? undefined : this.#wholeScope());
    if (key === this.#scopeKey) return;
    const isFirst = this.#scopeKey === '';
    this.#scopeKey = key;
    if (!isFirst) this.#restart();
  }

  /** Opens the record with the key that the URL names, wherever it is in the list; '' names none. */
  locate(keyText: string): void {
    const key = Number(keyText);
    if (keyText === '' || !Number.isSafeInteger(key) || key === this.#open?.key) return;
    this.#seek = new LogSeek(key, FIRST_ROWS.count);
    this.#isFollowing = false;
    // Without a filter and repeats positions are keys, so this first window has it.
    this.#wanted = { first: Math.max(0, key - FIRST_ROWS.count / 2), count: FIRST_ROWS.count };
    this.#handle?.update(this.#params());
  }

  /** The list shows `count` rows from `first` on. */
  show(first: number, count: number): void {
    this.#shown = { first, count };
    if (this.#seek !== undefined) return;
    const next = wantedRows(this.isFollowing, first, count, this.begin, this.end, this.#wanted);
    if (next === this.#wanted) return;
    this.#wanted = next;
    this.#handle?.update(this.#params());
  }

  /** The list passes through `count` rows from `first` on: what is around them is not needed. */
  pass(first: number, count: number): void {
    if (this.#seek !== undefined) return;
    this.#wanted = exactRows(first, count, this.begin);
    this.#handle?.update(this.#params());
  }

  /** The list draws these rows, which `pass` has asked for. */
  passedTo(first: number, count: number): void {
    this.#shown = { first, count };
  }

  follow(isOn: boolean): void {
    if (this.#isFollowing === isOn) return;
    this.#isFollowing = isOn;
    this.#seenEnd = this.#meta?.end ?? 0;
    this.show(this.#shown.first, this.#shown.count);
  }

  /**
   * Holds the list while the session is paused. A list that is asked for in a pause is held once it has
   * come. Run it again when the list has changed.
   */
  pause(isPaused: boolean): void {
    this.charts.hold(isPaused);
    if (isPaused === (this.#pausedEnd !== undefined)) return;
    if (isPaused && (this.#meta === undefined || this.#meta.searching)) return;
    this.#pausedEnd = isPaused ? this.#meta?.end : undefined;
    this.show(this.#shown.first, this.#shown.count);
  }

  /** Shows a row and stops following. */
  goTo(position: number, where: Reveal['where']): void {
    this.follow(false);
    this.#reveal = { position, where };
  }

  /** Shows the first record at or after a time, in ns since the Unix epoch, and selects it. */
  async jumpTo(timeUnixNano: bigint): Promise<void> {
    try {
      const { filter, minSeverity, traceId, fold = true } = this.scope();
      const { position } = await this.#session.request('log.at', {
        filter,
        minSeverity,
        traceId,
        fold,
        timeUnixNano: String(timeUnixNano),
      });
      if (position === null) return;
      this.picks.select(position);
      this.goTo(position, 'start');
    } catch (reason) {
      const text = reason instanceof Error ? reason.message : String(reason);
      this.#session.notices.show({ key: 'log-jump', tone: 'error', text });
    }
  }

  /** Opens the record at a position, or closes it when it is open. */
  async toggle(position: number, ownKey?: number): Promise<void> {
    if (this.#open?.position === position && ownKey === undefined) {
      this.closeRecord();
      return;
    }
    const key = ownKey ?? this.row(position)?.key;
    if (key === undefined) return;
    this.follow(false);
    this.picks.select(position);
    this.#open = { position, key, detail: undefined, error: '' };
    this.#session.route.set({ row: String(key) });
    let detail: LogDetail | undefined;
    let error = '';
    try {
      detail = await this.#session.request('log.get', { row: key });
    } catch (reason) {
      error = reason instanceof Error ? reason.message : String(reason);
    }
    if (this.#open?.key === key) this.#open = { position, key, detail, error };
  }

  closeRecord(): void {
    this.#open = undefined;
    this.#session.route.set({ row: '' });
  }

  #take(meta: LogsMeta, columns: LogsColumns): void {
    if (this.#isStillSeeking(meta, columns)) return;
    // A view in pause keeps its rows, but still gets the window it scrolls to.
    this.#meta = meta;
    this.#window = nextWindow(this.#window, meta.first, meta.strings, columns);
    this.#isStorm = isStorm(meta.perSecond, this.#isStorm);
    this.charts.take(meta, columns);
    if (this.isFollowing) this.#seenEnd = meta.end;
  }

  /** Takes a window of the search; true while the record has not been found. */
  #isStillSeeking(meta: LogsMeta, { row, repeats }: LogsColumns): boolean {
    const seek = this.#seek;
    if (seek === undefined) return false;
    const step = seek.take({ first: meta.first, keys: row, repeats }, meta.begin, meta.end);
    if (step.type === 'ask') {
      this.#wanted = { first: step.first, count: FIRST_ROWS.count };
      this.#handle?.update(this.#params());
      return true;
    }
    // A search of the engine that goes on may still bring it.
    if (step.type === 'absent' && meta.searching) return true;
    this.#seek = undefined;
    this.#seenEnd = meta.end;
    if (step.type === 'found') {
      const { position } = step;
      queueMicrotask(() => {
        this.#reveal = { position, where: 'center' };
        void this.toggle(position, seek.key);
      });
    } else {
      this.#session.route.set({ row: '' });
      this.#session.notices.show({
        key: 'log-row',
        tone: 'info',
        text: 'The log record of this link is not in the list: evicted, or hidden by the filter.',
      });
      this.follow(true);
    }
    return false;
  }

  #wholeScope(): LogScope {
    const { route } = this.#session;
    return {
      filter: this.#session.filter(splitMarks(route.param('q')).text),
      minSeverity: LEAST_SEVERITY[leastLevelOf(route.param('level'))],
      traceId: route.param('trace'),
      fold: true,
    };
  }

  #params(): LogsParams {
    return { ...this.scope(), ...this.charts.wanted, ...this.#wanted };
  }

  #restart(): void {
    this.#seek = undefined;
    this.#wanted = FIRST_ROWS;
    this.#isFollowing = true;
    this.#pausedEnd = undefined;
    this.picks.unmark();
    this.picks.select(undefined);
    this.#open = undefined;
    this.#meta = undefined;
    this.#window = undefined;
    this.#reveal = undefined;
    this.#isStorm = false;
    this.#error = '';
    this.charts.restart();
    this.#handle?.update(this.#params());
  }
}
