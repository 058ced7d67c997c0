/** A brush of the latency strip, ready to be asked. */
import type { Brush } from '../../../proto/live/topics.ts';

export class BrushRange {
  readonly #fromHi: number;
  readonly #fromLo: number;
  readonly #toHi: number;
  readonly #toLo: number;
  readonly #minNs: number;
  readonly #maxNs: number;

  constructor(brush: Brush) {
    const from = BigInt(brush.fromNs);
    const to = BigInt(brush.toNs);
    this.#fromHi = Number(from >> 32n);
    this.#fromLo = Number(from & 0xffffffffn);
    this.#toHi = Number(to >> 32n);
    this.#toLo = Number(to & 0xffffffffn);
    this.#minNs = brush.minNs;
    this.#maxNs = brush.maxNs;
  }

  /** Whether an item that starts then and takes so long lies in it. */
  has(startHi: number, startLo: number, durationNs: number): boolean {
    if (durationNs < this.#minNs || durationNs >= this.#maxNs) return false;
    return (
      !isBefore(startHi, startLo, this.#fromHi, this.#fromLo) &&
      isBefore(startHi, startLo, this.#toHi, this.#toLo)
    );
  }
}

function isBefore(aHi: number, aLo: number, bHi: number, bLo: number): boolean {
  return aHi === bHi ? aLo < bLo : aHi < bHi;
}
