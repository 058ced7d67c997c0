/**
 * Whether the engine keeps up, and what waits for it. Behind is either what the engine says of itself
 * or what the receiver sees: its thread comes back to the sockets seconds late, turn after turn.
 */
import { InFlight } from './body.ts';
import { Inflater } from './inflate.ts';
import { RETRY_DELAY_MS } from './refusals.ts';
import type { IngestTarget } from './target.ts';

/** How often the thread is asked how late it is. */
const TICK_MS = 500;
/** A turn this late leaves an SDK, which gives up after 10 s, no time for a second attempt. */
const LATE_MS = 1_000;
/** One late turn is a large body, a long search or a machine that slept; two in a row are too much. */
const LATE_TURNS = 2;

/**
 * How long a gRPC call waits for the engine before it is refused. gRPC exporters do not all try
 * again: waiting, well below the 10 s of their export timeout, loses nothing.
 */
const HOLD_MS = 5_000;
const HOLD_POLL_MS = 50;
/** Each call that waits may keep an unread window of 8 MB. */
const MAX_HELD_CALLS = 16;

/** Lateness of a timer that is due every TICK_MS. */
export class Lateness {
  #last: number;
  #lateTurns = 0;

  /** `nowMs` is monotonic. */
  constructor(nowMs: number) {
    this.#last = nowMs;
  }

  /** Called by the timer. */
  tick(nowMs: number): void {
    const lateMs = nowMs - this.#last - TICK_MS;
    this.#last = nowMs;
    this.#lateTurns = lateMs >= LATE_MS ? this.#lateTurns + 1 : 0;
  }

  get isBehind(): boolean {
    return this.#lateTurns >= LATE_TURNS;
  }
}

/** Shared by all endpoints of a receiver, from `open` to `close`. */
export class Pressure {
  /** Bytes of the bodies being read. */
  readonly inFlight = new InFlight();
  readonly inflater = new Inflater();
  readonly #target: IngestTarget;
  readonly #lateness = new Lateness(performance.now());
  #timer: NodeJS.Timeout | undefined;
  #held = 0;

  constructor(target: IngestTarget) {
    this.#target = target;
  }

  open(): void {
    if (this.#timer !== undefined) return;
    this.#lateness.tick(performance.now());
    this.#timer = setInterval(() => this.#lateness.tick(performance.now()), TICK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** ms after which a client is to come again; 0 when its body can be taken. */
  retryAfterMs(): number {
    const asked = this.#target.pressureMs();
    return this.#lateness.isBehind ? Math.max(asked, RETRY_DELAY_MS) : asked;
  }

  /** Waits for the engine: true once a body can be taken, false when the client is to come again. */
  async hold(): Promise<boolean> {
    if (this.#held >= MAX_HELD_CALLS) return false;
    this.#held++;
    const until = performance.now() + HOLD_MS;
    try {
      while (performance.now() < until && this.#timer !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, HOLD_POLL_MS));
        if (this.retryAfterMs() === 0) return true;
      }
      return false;
    } finally {
      this.#held--;
    }
  }
}
