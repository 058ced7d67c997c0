/** Text from telemetry and files, made safe for a terminal. */

// C0 and C1 controls (escape sequences begin with one) and the marks that reorder or hide text.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text on one line: every character that a terminal would act on is written out as \u{…}. */
export function plain(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`);
}

/** The same for text of several lines. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** A value as one line of JSON that a terminal prints as it stands: what it would act on is escaped. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// Scripts and symbols that terminals draw two cells wide, and marks that take no cell.
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;
const MARK = /\p{Mark}/u;

/** Cells that a text takes on a terminal. */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const char of text) cells += MARK.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return cells;
}

/** The text in at most so many cells; what is cut ends in an ellipsis. */
export function fit(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  let kept = '';
  let used = 1;
  for (const char of text) {
    used += cellsOf(char);
    if (used > cells) break;
    kept += char;
  }
  return cells <= 0 ? '' : `${kept}…`;
}

/** Rows as aligned columns, two spaces between; numbers are given as text. Lines end without spaces. */
export function table(
  rows: readonly (readonly string[])[],
  alignRight: readonly boolean[],
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cellsOf(cell));
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const gap = ' '.repeat(width - cellsOf(cell));
        return alignRight[column] === true ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
