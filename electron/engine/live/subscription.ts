/**
 * One subscription: remembers that its topic changed, waits for its pace and for credit, and then
 * builds the newest state. Nothing is queued but the wish to build.
 *
 * ```
 *   mark ──▶ dirty ──(pace)──▶ due ──(credit)──▶ build ──▶ frame
 * ```
 */
import { encodeFrame } from '../../../proto/live/frame.ts';
import type { Clock, Scheduler } from '../config.ts';
import type { Built, BuiltFrame, TopicSource } from './topic.ts';

/** The session's side: spends credit on frames. */
export interface FrameOutlet {
  readonly hasCredit: boolean;
  /** Sends one frame and takes one credit. */
  sendFrame(bytes: Uint8Array): void;
  /** Calls `Subscription.flush` when there is credit again. */
  waitForCredit(subscription: Subscription): void;
  /** The topic threw while it built: a fault of ours, which ends this subscription alone. */
  failed(subscription: Subscription, error: unknown): void;
}

/** Offset behind magic, sub and seq: equal from here on means an equal frame. */
const COMPARED_FROM = 12;
/** Frames above this size are not remembered for comparison. */
const COMPARED_BYTES = 1 << 20;

export class Subscription {
  readonly id: number;
  readonly #runtime: { readonly clock: Clock; readonly scheduler: Scheduler };
  readonly #outlet: FrameOutlet;
  #source: TopicSource | undefined;
  #seq = 0;
  #isDirty = true;
  #isFresh = true;
  #isClosed = false;
  #isStarved = false;
  #builtAtMs = -Infinity;
  #cancelTimer: (() => void) | undefined;
  #cancelStale: (() => void) | undefined;
  #lastSnapshot: Uint8Array | undefined;

  constructor(
    id: number,
    runtime: { readonly clock: Clock; readonly scheduler: Scheduler },
    outlet: FrameOutlet,
  ) {
    this.id = id;
    this.#runtime = runtime;
    this.#outlet = outlet;
  }

  /** Starts with the opened topic: the first frame goes out at once. */
  start(source: TopicSource): void {
    this.#source = source;
    this.flush();
  }

  get triggers(): TopicSource['triggers'] {
    return this.#source?.triggers ?? [];
  }

  /** The state may have changed. O(1). */
  mark(): void {
    if (this.#isClosed || this.#source === undefined) return;
    this.#isDirty = true;
    if (!this.#isStarved) this.#schedule();
  }

  /** New parameters, answered at once. Throws LiveFailure. */
  update(params: unknown): void {
    this.#source?.update(params);
    this.resync();
  }

  /** The client holds nothing any more. */
  resync(): void {
    this.#isFresh = true;
    this.#isDirty = true;
    this.flush();
  }

  /** Builds now, when something changed and there is credit. */
  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#isClosed || !this.#isDirty || this.#source === undefined) return;
    this.#isStarved = !this.#outlet.hasCredit;
    if (this.#isStarved) {
      this.#outlet.waitForCredit(this);
      return;
    }
    const isFresh = this.#isFresh;
    this.#isDirty = this.#isFresh = false;
    this.#cancelStale?.();
    this.#cancelStale = undefined;
    let built: Built;
    try {
      built = this.#source.build(isFresh);
    } catch (error) {
      this.#outlet.failed(this, error);
      return;
    }
    this.#builtAtMs = this.#runtime.clock.ticksMs();
    if (built.frame !== null) this.#send(built.frame, isFresh);
    // What the client asked for is still being made.
    else if (built.hasMore === true) this.#isFresh = isFresh;
    this.#goOn(built);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#cancelStale?.();
    this.#source?.close();
    this.#lastSnapshot = undefined;
  }

  #goOn(built: Built): void {
    const { scheduler } = this.#runtime;
    if (built.hasMore === true) {
      this.#isDirty = true;
      this.#cancelTimer = scheduler.after(0, () => {
        this.flush();
      });
    } else if (this.#isDirty) this.#schedule();
    const staleInMs = built.staleInMs ?? null;
    if (staleInMs === null) return;
    this.#cancelStale = scheduler.after(Math.max(1, staleInMs), () => {
      this.#cancelStale = undefined;
      this.mark();
    });
  }

  #schedule(): void {
    if (this.#cancelTimer !== undefined || this.#source === undefined) return;
    const { clock, scheduler } = this.#runtime;
    const waitMs = this.#builtAtMs + this.#source.intervalMs - clock.ticksMs();
    this.#cancelTimer = scheduler.after(Math.max(0, waitMs), () => {
      this.flush();
    });
  }

  #send(frame: BuiltFrame, isFresh: boolean): void {
    const bytes = encodeFrame({ sub: this.id, seq: this.#seq, ...frame });
    if (frame.kind === 'snapshot') {
      if (!isFresh && this.#lastSnapshot !== undefined && isEqual(this.#lastSnapshot, bytes)) {
        return;
      }
      this.#lastSnapshot = bytes.byteLength <= COMPARED_BYTES ? bytes.slice() : undefined;
    } else this.#lastSnapshot = undefined;
    this.#seq++;
    this.#outlet.sendFrame(bytes);
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let i = COMPARED_FROM; i < a.byteLength; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
