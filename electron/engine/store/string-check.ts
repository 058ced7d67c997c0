/**
 * How many strings that came were not UTF-8. Nothing tells it but a walk over every string, which costs
 * more than all else that is done with a request; so the walk gets a small share of the time. At the
 * rates of one machine's services that is enough for every request; of a flood, bytes that were not
 * looked at are counted instead.
 */
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { Clock } from '../config.ts';
import { countInvalidStrings } from '../wire/invalid-strings.ts';

/** Of all time. */
const SHARE = 0.01;
/** Time that is not used is kept for bursts, up to this. */
const MAX_SAVED_MS = 20;
/** A longer body would hold the thread up: this is 2 ms. */
const MAX_BODY_BYTES = 1 << 20;

/** Counts from its creation on. */
export class StringCheck {
  readonly #clock: Clock;
  #savedMs = MAX_SAVED_MS;
  #lastMs: number;
  #strings = 0;
  #uncheckedBytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.ticksMs();
  }

  /** Strings that are not UTF-8, and bytes of requests in which nobody looked. */
  get counts(): { readonly strings: number; readonly uncheckedBytes: number } {
    return { strings: this.#strings, uncheckedBytes: this.#uncheckedBytes };
  }

  /** Takes an encoded request. Returns its strings that are not UTF-8; 0 when it was not looked at. */
  take(signal: Signal, bytes: Uint8Array): number {
    const nowMs = this.#clock.ticksMs();
    this.#savedMs = Math.min(MAX_SAVED_MS, this.#savedMs + (nowMs - this.#lastMs) * SHARE);
    this.#lastMs = nowMs;
    if (this.#savedMs <= 0 || bytes.length > MAX_BODY_BYTES) {
      this.#uncheckedBytes += bytes.length;
      return 0;
    }
    const strings = countInvalidStrings(signal, bytes);
    this.#savedMs -= this.#clock.ticksMs() - nowMs;
    this.#strings += strings;
    return strings;
  }
}
