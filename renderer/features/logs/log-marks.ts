/** Where the marked texts of the query box stand in a row. */
import type { AnsiRun } from './ansi.ts';

/** A run of a row's text, and whether it is marked. */
export interface MarkedRun extends AnsiRun {
  readonly isMarked: boolean;
}

/** Cuts runs where the marks begin and end. A mark may reach over several runs. */
export function markRuns(runs: readonly AnsiRun[], marks: readonly string[]): readonly MarkedRun[] {
  const text = runs.map((run) => run.text).join('');
  const ranges = markedRanges(text, marks);
  if (ranges.length === 0) return runs.map((run) => ({ ...run, isMarked: false }));
  const cut: MarkedRun[] = [];
  let runFrom = 0;
  let next = 0;
  for (const run of runs) {
    const runTo = runFrom + run.text.length;
    let at = runFrom;
    while (at < runTo) {
      while ((ranges[next]?.to ?? Infinity) <= at) next++;
      const range = ranges[next];
      const isMarked = range !== undefined && range.from <= at;
      const end = Math.min(runTo, (isMarked ? range.to : range?.from) ?? runTo);
      cut.push({ ...run, text: text.slice(at, end), isMarked });
      at = end;
    }
    runFrom = runTo;
  }
  return cut;
}

/** Where the marks stand, in order, joined where they meet. */
function markedRanges(
  text: string,
  marks: readonly string[],
): readonly { readonly from: number; readonly to: number }[] {
  // Lower case may change the length of a text; then the places are those of the text as it is.
  const lower = text.toLowerCase();
  const isSafe = lower.length === text.length;
  const found: { from: number; to: number }[] = [];
  for (const mark of marks) {
    const needle = isSafe ? mark.toLowerCase() : mark;
    const hay = isSafe ? lower : text;
    for (let at = hay.indexOf(needle); at !== -1; at = hay.indexOf(needle, at + needle.length)) {
      found.push({ from: at, to: at + needle.length });
    }
  }
  found.sort((a, b) => a.from - b.from);
  const joined: { from: number; to: number }[] = [];
  for (const range of found) {
    const last = joined.at(-1);
    if (last !== undefined && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else joined.push(range);
  }
  return joined;
}
