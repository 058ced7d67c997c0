/** Writes fields, values and texts so that the lexer reads them back as they were. */
import { tokenize } from './lexer.ts';
import { isIntrinsic, isPin, keywordOf, PRESENCE_WORD, type AttributePin } from './words.ts';

/** A text clause: bare when it is safe and `quoted` is not asked for. */
export function quoteText(text: string, quoted: boolean): string {
  return !quoted && isSafeText(text) ? text : quote(text);
}

/** The name of an attribute, quoted when it would read as something else. */
export function quoteField(pin: AttributePin | 'any', key: string): string {
  if (pin === 'any') return isSafeKey(key) ? key : quote(key);
  const isPlain = isWordToken(`${pin}.${key}`) && unfitInField(key) === null;
  return `${pin}.${isPlain ? key : quote(key)}`;
}

/**
 * A value behind an operator. A `plain` one is quoted when it would read as something else; then it
 * equals strings only. A `glob` keeps its `*` and escapes the rest; a `pattern` follows `~`.
 */
export function quoteValue(text: string, kind: 'plain' | 'glob' | 'pattern'): string {
  switch (kind) {
    case 'plain':
      return isSafeValue(text) ? text : quote(text);
    case 'pattern':
      return isSafePattern(text) ? text : quote(text);
    case 'glob':
      return escapeGlob(text);
  }
}

/** A character that a field name has only in quotes, or null. */
export function unfitInField(name: string): string | null {
  return /^!|!$|[*,;|&[\]\\]/.exec(name)?.[0] ?? null;
}

/** A text in quotes, whatever it holds. */
export function quote(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) out += quotedUnit(text, i);
  return `${out}"`;
}

function quotedUnit(text: string, at: number): string {
  const char = text.charAt(at);
  const code = text.charCodeAt(at);
  switch (char) {
    case '"':
      return '\\"';
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    case '\\':
      return '\\\\';
  }
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
  return isControl || isLone(text, at) ? `\\u${code.toString(16).padStart(4, '0')}` : char;
}

/** Half of a character without its other half. */
function isLone(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code > 0xdfff) return false;
  const start = code < 0xdc00 ? at : at - 1;
  const point = text.codePointAt(start) ?? 0;
  return start < 0 || point < 0x10000;
}

function isWordToken(text: string): boolean {
  const tokens = tokenize(text);
  const [token] = tokens;
  return tokens.length === 1 && token?.kind === 'word' && token.text === text && token.key === null;
}

function isSafeText(text: string): boolean {
  if (text === '' || keywordOf(text) !== null || /^[!,]|[*&|]/.test(text)) return false;
  return isWordToken(text);
}

function isSafeKey(key: string): boolean {
  if (unfitInField(key) !== null || isIntrinsic(key) || keywordOf(key) !== null) return false;
  const head = key.slice(0, Math.max(0, key.indexOf('.')));
  if (key === PRESENCE_WORD || head === 'trace' || isPin(head)) return false;
  return isWordToken(key);
}

function isSafeValue(text: string): boolean {
  const token = onlyValue(`x:${text}`);
  return token?.text === text && !token.glob && !token.escaped && !text.startsWith('//');
}

function isSafePattern(text: string): boolean {
  const token = onlyValue(`x~${text}`);
  return token?.text === text;
}

/** The one value that a comparison has, when it has no other tokens and the value is unquoted. */
function onlyValue(
  comparison: string,
): Extract<ReturnType<typeof tokenize>[number], { kind: 'value' }> | undefined {
  const tokens = tokenize(comparison);
  const token = tokens[2];
  return tokens.length === 3 && token?.kind === 'value' ? token : undefined;
}

function escapeGlob(text: string): string {
  return text.replace(/[\s\\",(){}'`“”„«‘’]|^[:=<>~!/]/g, '\\$&');
}
