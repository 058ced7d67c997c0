/** Quoted strings of the query language. */
import { badInString } from './characters.ts';

/** What stands between two quotes, and the range of both, or what is wrong with it. */
export interface ReadString {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Null when the string is well-formed; else `from` and `to` are the place of the error. */
  readonly message: string | null;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
};
const HEX4 = /^[0-9a-fA-F]{4}$/;

/**
 * Reads the string whose opening quote is at `from`. A backslash before any other character than
 * those of ESCAPES stays, so that "\d+" is the pattern \d+.
 */
export function readString(text: string, from: number): ReadString {
  let out = '';
  let plainFrom = from + 1;
  for (let pos = from + 1; pos < text.length; pos++) {
    const char = text.charAt(pos);
    if (char === '"') {
      return { from, to: pos + 1, text: out + text.slice(plainFrom, pos), message: null };
    }
    if (char === '\\') {
      const next = text.charAt(pos + 1);
      const plain = ESCAPES[next];
      const hex = next === 'u' ? text.slice(pos + 2, pos + 6) : '';
      if (plain !== undefined) {
        out += text.slice(plainFrom, pos) + plain;
        plainFrom = pos + 2;
      } else if (HEX4.test(hex)) {
        out += text.slice(plainFrom, pos) + String.fromCharCode(Number.parseInt(hex, 16));
        plainFrom = pos + 6;
      }
      pos = Math.max(pos, plainFrom - 1);
      continue;
    }
    const message = badInString(text, pos);
    if (message !== null) return { from: pos, to: pos + 1, text: '', message };
  }
  const message = 'Close the quote with another ".';
  return { from, to: text.length, text: '', message };
}
