/**
 * The log tail: what is asked of the engine, what came, whether it follows, and which record is open.
 * It outlives the screen's component, so that coming back finds the same place.
 */
import type { LiveSubscription } from '../../../proto/live/client.ts';
import type { LogDetail } from '../../../proto/live/methods.ts';
import type { LogsMeta, LogsParams } from '../../../proto/live/topics.ts';
import type { Session } from '../../session/session.svelte.ts';
import { LEAST_SEVERITY, leastLevelOf, readLog, type LogView, type LogWindow } from './log-rows.ts';
import { LogSeek } from './log-seek.ts';
import { wantedRows, type WantedRows } from './log-window.ts';

const FIRST_ROWS: WantedRows = { first: null, count: 120 };

/** The opened record: its place, and its content once it has arrived. */
export interface OpenRecord {
  readonly position: number;
  readonly key: number;
  readonly detail: LogDetail | undefined;
  /** Why there is no content. */
  readonly error: string;
}

export class LogTail {
  readonly #session: Session;
  #handle: LiveSubscription<'logs'> | undefined;
  #wanted: WantedRows = FIRST_ROWS;
  #shown = { first: 0, count: 40 };
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
  #selected = $state<number | undefined>(undefined);
  #open = $state.raw<OpenRecord | undefined>(undefined);
  #error = $state('');
  /** Counts records that were found by the URL; the list reveals the selection when it changes. */
  #found = $state(0);

  constructor(session: Session) {
    this.#session = session;
    session.onReset(() => {
      this.#restart();
      if (session.route.screen === 'logs') session.route.set({ row: '' });
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

  get selected(): number | undefined {
    return this.#selected;
  }

  get open(): OpenRecord | undefined {
    return this.#open;
  }

  get found(): number {
    return this.#found;
  }

  /** Why the engine refused the subscription; '' when it did not. */
  get error(): string {
    return this.#error;
  }

  row(position: number): LogView | undefined {
    return this.#window === undefined ? undefined : readLog(this.#window, position);
  }

  /** Subscribes; the result ends it. Called when the screen appears. */
  attach(): () => void {
    this.#error = '';
    const handle = this.#session.live('logs', this.#params(), {
      frame: ({ meta, columns }) => {
        if (this.#isStillSeeking(meta, columns.row)) return;
        // A view in pause keeps its rows, but still gets the window it scrolls to.
        this.#meta = meta;
        this.#window = { first: meta.first, strings: meta.strings, columns };
        if (this.isFollowing) this.#seenEnd = meta.end;
      },
      ended: (error) => {
        this.#error = error.message;
      },
    });
    this.#handle = handle;
    return () => {
      handle.close();
      this.#handle = undefined;
    };
  }

  /** Called when the filter, the level or the trace may have changed. A new scope starts at its end. */
  rescope(): void {
    const { filter, minSeverity, traceId } = this.#params();
    const key = JSON.stringify([filter, minSeverity, traceId]);
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
    // Without a filter positions are keys, so this first window has it.
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

  follow(isOn: boolean): void {
    if (this.#isFollowing === isOn) return;
    this.#isFollowing = isOn;
    this.#seenEnd = this.#meta?.end ?? 0;
    this.show(this.#shown.first, this.#shown.count);
  }

  /** Holds the list while the session is paused. */
  pause(isPaused: boolean): void {
    if (isPaused === (this.#pausedEnd !== undefined)) return;
    this.#pausedEnd = isPaused ? (this.#meta?.end ?? 0) : undefined;
    this.show(this.#shown.first, this.#shown.count);
  }

  select(position: number | undefined): void {
    this.#selected = position;
  }

  /** Opens the record at a position, or closes it when it is open. */
  async toggle(position: number): Promise<void> {
    if (this.#open?.position === position) {
      this.closeRecord();
      return;
    }
    const key = this.row(position)?.key;
    if (key === undefined) return;
    this.follow(false);
    this.#selected = position;
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

  /** Takes a window of the search; true while the record has not been found. */
  #isStillSeeking(meta: LogsMeta, keys: Float64Array): boolean {
    if (this.#seek === undefined) return false;
    const step = this.#seek.take({ first: meta.first, keys }, meta.begin, meta.end);
    if (step.type === 'ask') {
      this.#wanted = { first: step.first, count: FIRST_ROWS.count };
      this.#handle?.update(this.#params());
      return true;
    }
    // A search of the engine that goes on may still bring it.
    if (step.type === 'absent' && meta.searching) return true;
    this.#seek = undefined;
    this.#seenEnd = meta.end;
    if (step.type === 'found') queueMicrotask(() => void this.#openFound(step.position));
    else {
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

  async #openFound(position: number): Promise<void> {
    this.#found++;
    await this.toggle(position);
  }

  closeRecord(): void {
    this.#open = undefined;
    this.#session.route.set({ row: '' });
  }

  #params(): LogsParams {
    const { route } = this.#session;
    return {
      filter: this.#session.filter(route.param('q')),
      minSeverity: LEAST_SEVERITY[leastLevelOf(route.param('level'))],
      traceId: route.param('trace'),
      ...this.#wanted,
    };
  }

  #restart(): void {
    this.#seek = undefined;
    this.#wanted = FIRST_ROWS;
    this.#isFollowing = true;
    this.#pausedEnd = undefined;
    this.#selected = undefined;
    this.#open = undefined;
    this.#meta = undefined;
    this.#window = undefined;
    this.#error = '';
    this.#handle?.update(this.#params());
  }
}
