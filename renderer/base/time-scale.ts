/**
 * The one place where time becomes pixels and pixels become time.
 *
 * Time is ns from the base of a trace as f64 (exact for 104 days). Pixels are whatever the caller
 * counts in, CSS or device, from the left edge of the drawing area.
 */

/** The visible stretch of time, in ns from the trace's base. `endNs` is greater than `startNs`. */
export interface TimeWindow {
  readonly startNs: number;
  readonly endNs: number;
}

/**
 * The deepest zoom. OTLP times are whole ns, so at 8 px a ns nothing finer is left to see, and a
 * window of 1,000 px (125 ns) still keeps 26 bits of f64 below a pixel in a trace of a day.
 */
export const MIN_NS_PER_PX = 1 / 8;

/** An immutable linear map between a window of time and `width` pixels. */
export class TimeScale {
  readonly startNs: number;
  readonly endNs: number;
  readonly width: number;
  readonly pxPerNs: number;

  constructor(window: TimeWindow, width: number) {
    this.startNs = window.startNs;
    this.endNs = window.endNs;
    this.width = width;
    this.pxPerNs = width / (window.endNs - window.startNs);
  }

  /** The exact position; far outside of the drawing area for times outside of the window. */
  px(ns: number): number {
    return (ns - this.startNs) * this.pxPerNs;
  }

  /** The position kept within one pixel of the drawing area: rasterisers lose precision beyond 2^24. */
  clampedPx(ns: number): number {
    const px = (ns - this.startNs) * this.pxPerNs;
    return px < -1 ? -1 : px > this.width + 1 ? this.width + 1 : px;
  }

  /** The time at a position. */
  ns(px: number): number {
    return this.startNs + px / this.pxPerNs;
  }
}
