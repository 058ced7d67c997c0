/** Which characters a query may hold, and what is said of the others. */

/** What separates clauses. */
export const SPACE = /\s/;

const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069]/;

/** Whether the first half of a pair of UTF-16 units is at `pos`. */
export function isHighSurrogate(text: string, pos: number): boolean {
  const code = text.charCodeAt(pos);
  return code >= 0xd800 && code < 0xdc00;
}

/** Why the character at `pos` cannot stand outside quotes, or null. */
export function badCharacter(text: string, pos: number): string | null {
  const code = text.charCodeAt(pos);
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
    return `Remove the control character ${codeName(code)}, or write it in quotes as ${escapeOf(code)}.`;
  }
  if (code < 0xad) return null;
  if (INVISIBLE.test(text.charAt(pos))) {
    return `Remove the invisible character ${codeName(code)}, or put the text in quotes.`;
  }
  return brokenSurrogate(text, pos);
}

function brokenSurrogate(text: string, pos: number): string | null {
  const code = text.charCodeAt(pos);
  if (code < 0xd800 || code > 0xdfff) return null;
  if (isHighSurrogate(text, pos)) {
    const next = text.charCodeAt(pos + 1);
    if (next >= 0xdc00 && next < 0xe000) return null;
  } else if (pos > 0 && isHighSurrogate(text, pos - 1)) return null;
  return `Remove ${codeName(code)}, which is half of a character.`;
}

function codeName(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function escapeOf(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Why the character at `pos` cannot stand between quotes, or null. */
export function badInString(text: string, pos: number): string | null {
  const code = text.charCodeAt(pos);
  if (SPACE.test(text.charAt(pos)) || (code >= 0x20 && code < 0x7f)) return null;
  if (code < 0xa0) return `Write the control character ${codeName(code)} as ${escapeOf(code)}.`;
  return brokenSurrogate(text, pos);
}

/** A text as a message quotes it: cut to 40 characters. */
export function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
