/**
 * Terminal sequences in log texts. Colours become runs with a tone of the design, every other
 * sequence and control character is dropped: nothing of them is ever shown or copied.
 */

/** How a run is shown: a level's colour, or the row's own; a key or a value of an attribute. */
export type AnsiTone =
  'plain' | 'trace' | 'debug' | 'info' | 'ok' | 'warn' | 'error' | 'key' | 'value';

/** A stretch of plain text in one style. */
export interface AnsiRun {
  readonly text: string;
  readonly tone: AnsiTone;
  readonly isBold: boolean;
}

/** The eight colours of SGR 30 to 37, in order: black, red, green, yellow, blue, magenta, cyan, white. */
const TONES: readonly AnsiTone[] = [
  'trace',
  'error',
  'ok',
  'warn',
  'info',
  'debug',
  'info',
  'plain',
];

const ESC = 0x1b;
const BEL = 0x07;
const CSI_8BIT = 0x9b;
const ST_8BIT = 0x9c;

/** Whether a text holds anything that `ansiRuns` drops. */
function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (isControl(text.charCodeAt(at))) return true;
  return false;
}

/** C0 and C1 characters other than tab and line feed. */
function isControl(code: number): boolean {
  return (code < 0x20 && code !== 0x09 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f);
}

/** The text in runs of one style. Takes one pass, whatever the sequences in it are. */
export function ansiRuns(text: string): readonly AnsiRun[] {
  if (!hasControls(text)) return text === '' ? [] : [{ text, tone: 'plain', isBold: false }];
  const runs: AnsiRun[] = [];
  let style: Style = PLAIN;
  let part = '';
  let from = 0;
  const flush = (): void => {
    if (part !== '') runs.push({ text: part, tone: style.tone, isBold: style.isBold });
    part = '';
  };
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (!isControl(code)) {
      at++;
      continue;
    }
    part += text.slice(from, at);
    const end = sequenceEnd(text, at);
    const next = styleAfter(style, text.slice(at, end));
    if (next !== style) flush();
    style = next;
    at = from = end;
  }
  part += text.slice(from);
  flush();
  return runs;
}

/** The text without terminal sequences and control characters. */
export function withoutAnsi(text: string): string {
  return hasControls(text)
    ? ansiRuns(text)
        .map((run) => run.text)
        .join('')
    : text;
}

/** Where the sequence or control character at `at` ends; a cut one takes the rest of the text. */
function sequenceEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === CSI_8BIT) return endOfCsi(text, at + 1);
  if (code !== ESC) return at + 1;
  switch (text[at + 1]) {
    case '[':
      return endOfCsi(text, at + 2);
    // Strings of the terminal: titles, links, device controls. They end with BEL or ST.
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
      return endOfString(text, at + 2);
    // Character sets take one character more.
    case '(':
    case ')':
    case '*':
    case '+':
      return Math.min(text.length, at + 3);
    default:
      return Math.min(text.length, at + 2);
  }
}

function endOfCsi(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code >= 0x40 && code <= 0x7e) return at + 1;
    // What stands in no sequence ends a broken one, and is text again.
    if (code < 0x20 || code > 0x7e) return at;
    at++;
  }
  return at;
}

function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BEL || code === ST_8BIT) return at + 1;
    if (code === ESC) return text[at + 1] === '\\' ? at + 2 : at;
    // A title has no line breaks: an unfinished one must not swallow the lines below it.
    if (code === 0x0a) return at;
  }
  return text.length;
}

interface Style {
  readonly tone: AnsiTone;
  readonly isBold: boolean;
}

const PLAIN: Style = { tone: 'plain', isBold: false };

/** The style after a sequence; the same object when it changes nothing. */
function styleAfter(style: Style, sequence: string): Style {
  if (!sequence.endsWith('m')) return style;
  const body = sequence.slice(sequence.charCodeAt(0) === CSI_8BIT ? 1 : 2, -1);
  if (!/^[\d;:]*$/.test(body)) return style;
  let { tone, isBold } = style;
  const codes = body.split(/[;:]/).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) [tone, isBold] = ['plain', false];
    else if (code === 1) isBold = true;
    else if (code === 22) isBold = false;
    else if (code >= 30 && code <= 37) tone = TONES[code - 30] ?? 'plain';
    else if (code === 90) tone = 'trace';
    else if (code >= 91 && code <= 97) tone = TONES[code - 90] ?? 'plain';
    else if (code === 39) tone = 'plain';
    else if (code === 38 || code === 48) {
      // An indexed (5;n) or true colour (2;r;g;b): the first sixteen are the named ones.
      const index = codes[i + 2] ?? 16;
      if (code === 38)
        tone = codes[i + 1] === 5 && index < 16 ? (TONES[index % 8] ?? 'plain') : 'plain';
      i += codes[i + 1] === 2 ? 4 : 2;
    }
  }
  return tone === style.tone && isBold === style.isBold ? style : { tone, isBold };
}
