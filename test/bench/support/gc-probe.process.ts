/**
 * Preloaded into a program that is measured (`--require`, which worker threads load too): appends one
 * line for every garbage collection, "thread kind milliseconds", to the file that GC_PROBE_FILE names.
 */
import { appendFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { threadId } from 'node:worker_threads';

const path = process.env['GC_PROBE_FILE'];
if (path !== undefined) {
  const observer = new PerformanceObserver((list) => {
    appendFileSync(path, list.getEntries().map(lineOf).join(''));
  });
  observer.observe({ entryTypes: ['gc'] });
}

/** Typed by itself: the DOM's PerformanceEntry, which has no detail, hides Node's. */
function lineOf(entry: { readonly duration: number; readonly detail?: unknown }): string {
  const { kind } = entry.detail as { readonly kind: number };
  return `${threadId} ${kind} ${entry.duration}\n`;
}
