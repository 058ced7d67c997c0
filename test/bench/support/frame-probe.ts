/**
 * What frames of a page cost. Installed before the page's own code, it adds up the script of each frame:
 * what runs in animation frames and on messages of its sockets, with the microtasks behind them.
 */
import type { Page } from 'playwright-core';
import { medianOf, percentile } from './stats.ts';

/** Of consecutive frames, in ms. */
export interface Frames {
  readonly intervalMs: readonly number[];
  readonly scriptMs: readonly number[];
}

interface Probe {
  scriptMs: number;
}

declare global {
  interface Window {
    frameProbe?: Probe;
  }
}

/** One frame of a screen that is refreshed 60 times a second. */
export const FRAME_MS = 1000 / 60;
/** An interval beyond this has left out a frame. */
const LATE_MS = 1.5 * FRAME_MS;

/** Call it before the page is loaded. */
export async function installFrameProbe(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const probe = { scriptMs: 0 };
    window.frameProbe = probe;
    /** Runs the work and counts its time. A microtask queued behind it comes after those it queued. */
    const counted = (work: () => void): void => {
      const startMs = performance.now();
      try {
        work();
      } finally {
        queueMicrotask(() => (probe.scriptMs += performance.now() - startMs));
      }
    };
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (callback) =>
      request((nowMs) => {
        counted(() => callback(nowMs));
      });
    const setter = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
    const listen = WebSocket.prototype.addEventListener;
    const wrapped = (socket: WebSocket, listener: unknown) => (event: Event) => {
      counted(() => (listener as (this: WebSocket, event: Event) => void).call(socket, event));
    };
    WebSocket.prototype.addEventListener = function (
      this: WebSocket,
      type: string,
      listener: EventListenerOrEventListenerObject,
      options?: boolean | AddEventListenerOptions,
    ): void {
      const isCounted = type === 'message' && typeof listener === 'function';
      listen.call(this, type, isCounted ? wrapped(this, listener) : listener, options);
    };
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
      ...setter,
      set(this: WebSocket, listener: unknown) {
        const taken = typeof listener === 'function' ? wrapped(this, listener) : listener;
        setter?.set?.call(this, taken);
      },
    });
  });
}

/** Measures so many frames, and calls `window.eachFrame`, where there is one, in each of them. */
export function measureFrames(page: Page, frames: number): Promise<Frames> {
  return page.evaluate(
    (frames) =>
      new Promise<Frames>((resolve) => {
        const intervalMs: number[] = [];
        const scriptMs: number[] = [];
        const { eachFrame } = window as { eachFrame?: (frame: number) => void };
        let lastMs = 0;
        let lastScriptMs = 0;
        const step = (nowMs: number): void => {
          const allMs = window.frameProbe?.scriptMs ?? 0;
          if (lastMs > 0) {
            intervalMs.push(nowMs - lastMs);
            scriptMs.push(allMs - lastScriptMs);
          }
          lastMs = nowMs;
          lastScriptMs = allMs;
          if (intervalMs.length === frames) resolve({ intervalMs, scriptMs });
          else {
            eachFrame?.(intervalMs.length);
            requestAnimationFrame(step);
          }
        };
        requestAnimationFrame(step);
      }),
    frames,
  );
}

/** How many of the intervals left out a frame. */
export function lateCount({ intervalMs }: Frames): number {
  return intervalMs.filter((ms) => ms > LATE_MS).length;
}

/**
 * The p95 of the intervals in whole frames of the screen, in ms: the clock of the browser rounds to 0.1 ms, so
 * that a frame in time reads 16.6, 16.7 or 16.8.
 */
export function p95FrameMs({ intervalMs }: Frames): number {
  return Math.max(1, Math.round(percentile(intervalMs, 0.95) / FRAME_MS)) * FRAME_MS;
}

/** "16.7 / 16.8" and the other cells of a row: p50 and p95 of intervals, late frames, script. */
export function frameCells(frames: Frames): readonly [string, string, string] {
  const { intervalMs, scriptMs } = frames;
  return [
    `${medianOf(intervalMs).toFixed(1)} / ${percentile(intervalMs, 0.95).toFixed(1)}`,
    `${lateCount(frames)} of ${intervalMs.length}`,
    [medianOf(scriptMs), percentile(scriptMs, 0.95), Math.max(...scriptMs)]
      .map((ms) => ms.toFixed(1))
      .join(' / '),
  ];
}
