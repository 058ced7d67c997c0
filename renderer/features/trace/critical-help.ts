/** What the critical path is, in the words of every tooltip that explains it. */
export const CRITICAL_HELP =
  'Shorten these and the trace gets shorter. Gaps in a parent count as its own time.';

/** Said in addition when the path passes spans that ran at the same time. */
export const CRITICAL_GUESS =
  'Some spans ran side by side: which one waited for which is a guess from timing alone.';
