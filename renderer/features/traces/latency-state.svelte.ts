/** What the latency strip shows. A pause, a drag and the keyboard hold it still. */
import { NO_FILTER, type LatencyParams } from '../../../proto/live/topics.ts';
import type { LiveSubscription, TopicFrame } from '../../../proto/live/client.ts';
import { StripGrid } from '../../canvas/strip-grid.ts';
import type { Session } from '../../session/session.svelte.ts';

const START: LatencyParams = {
  filter: NO_FILTER,
  by: 'traces',
  columns: 160,
  rows: 30,
  window: null,
};

export class LatencyState {
  readonly #session: Session;
  #live: LiveSubscription<'latency'> | undefined;
  #params = START;
  #waiting: TopicFrame<'latency'> | undefined;
  #isHeld = false;
  #isDue = true;
  #grid = $state.raw<StripGrid | undefined>(undefined);

  constructor(session: Session) {
    this.#session = session;
    session.onReset(() => {
      this.#grid = undefined;
      this.#isDue = true;
    });
  }

  /** The cells; undefined until the first frame. */
  get grid(): StripGrid | undefined {
    return this.#grid;
  }

  /** Subscribes while the strip is shown; the result ends it. */
  attach(): () => void {
    this.#isDue = true;
    this.#live = this.#session.live('latency', this.#params, {
      frame: (frame) => {
        this.#waiting = frame;
        if (!this.#isHeld || this.#isDue) this.#apply();
      },
    });
    return () => {
      this.#live?.close();
      this.#live = undefined;
      this.#waiting = undefined;
    };
  }

  /** What to show. A change is shown even while the strip is held. */
  ask(change: Partial<Pick<LatencyParams, 'filter' | 'by' | 'columns' | 'rows'>>): void {
    const next = { ...this.#params, ...change };
    if (JSON.stringify(next) === JSON.stringify(this.#params)) return;
    this.#params = next;
    this.#isDue = true;
    this.#waiting = undefined;
    this.#live?.update(next);
  }

  /** Holds the strip still, or shows what came in the meantime. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (!isHeld) this.#apply();
  }

  #apply(): void {
    const frame = this.#waiting;
    if (frame === undefined) return;
    this.#waiting = undefined;
    // Sent for the size of before: the one for this size is on its way.
    if (frame.meta.columns > this.#params.columns || frame.meta.rows > this.#params.rows) return;
    this.#isDue = false;
    this.#grid = new StripGrid(frame.meta, frame.columns, this.#params.columns);
  }
}

/** The latency strip of a session. */
export function latencyOf(session: Session): LatencyState {
  return session.keep('latency', () => new LatencyState(session));
}
