/**
 * Lines of a text that is too long to lay out at once. A text of megabytes is broken at its line feeds
 * and at a fixed number of characters; a list then draws only the lines in view.
 */

/** Where the lines of a text begin, with its length behind the last. */
export interface BrokenText {
  readonly text: string;
  readonly starts: Uint32Array;
  readonly lineCount: number;
}

/** Breaks a text into lines of at most `columnCount` characters. Takes one pass, linear in its length. */
export function breakText(text: string, columnCount: number): BrokenText {
  const width = Math.max(1, columnCount);
  let starts = new Uint32Array(1024);
  let count = 0;
  const push = (at: number): void => {
    if (count === starts.length) {
      const more = new Uint32Array(starts.length * 2);
      more.set(starts);
      starts = more;
    }
    starts[count++] = at;
  };
  for (let from = 0; from <= text.length;) {
    const feed = text.indexOf('\n', from);
    const end = feed === -1 ? text.length : feed;
    push(from);
    for (let at = from + width; at < end; at += width) push(at);
    from = end + 1;
  }
  push(text.length + 1);
  return { text, starts: starts.subarray(0, count), lineCount: count - 1 };
}

/** One line of a broken text, without its line feed; '' outside of it. */
export function lineAt({ text, starts, lineCount }: BrokenText, line: number): string {
  const from = starts[line];
  const to = starts[line + 1];
  if (line >= lineCount || from === undefined || to === undefined) return '';
  return text.slice(from, text[to - 1] === '\n' || to > text.length ? to - 1 : to);
}
