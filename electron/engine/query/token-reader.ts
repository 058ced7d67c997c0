/** The place in the tokens that the parser has read up to, and the first error it met. */
import type { Token } from '../../../proto/query/lexer.ts';
import { keywordOf, type Keyword } from '../../../proto/query/words.ts';
import { MAX_QUERY_DEPTH, type QueryError, type TextRange } from './ast.ts';

export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;
  /** The first error in order of reading; later ones often follow from it. */
  error: QueryError | null = null;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  /** The token that comes next, not taken. */
  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** The token that was taken last. */
  last(): Token | undefined {
    return this.#tokens[this.#next - 1];
  }

  /** Takes the next token. */
  take(): Token | undefined {
    return this.#tokens[this.#next++];
  }

  isMark(text: string): boolean {
    const token = this.peek();
    return token?.kind === 'mark' && token.text === text;
  }

  /** The keyword that comes next; before an operator a word is a field. */
  keyword(): Keyword | null {
    const token = this.peek();
    if (token?.kind !== 'word' || token.key !== null) return null;
    if (this.#tokens[this.#next + 1]?.kind === 'op') return null;
    return keywordOf(token.text);
  }

  /** The text of a token as it is written. */
  written({ from, to }: TextRange): string {
    return this.#text.slice(from, to);
  }

  fail({ from, to }: TextRange, message: string): null {
    this.error ??= { from, to, message };
    return null;
  }

  /** The same, but an error at or behind this place gives way. */
  failEarlier(at: TextRange, message: string): null {
    if (this.error !== null && this.error.from >= at.from) this.error = null;
    return this.fail(at, message);
  }

  /** Calls `read` one level deeper; too deep, the rest of the text is given up. */
  deeper<T>(at: TextRange, read: () => T): T | null {
    if (this.#depth >= MAX_QUERY_DEPTH) {
      this.fail(at, `Brackets and exclusions nest at most ${MAX_QUERY_DEPTH} deep.`);
      this.#next = this.#tokens.length;
      return null;
    }
    this.#depth++;
    const result = read();
    this.#depth--;
    return result;
  }

  /** Skips to behind the bracket that closes the one taken last. */
  skipGroup(): void {
    for (let depth = 1; depth > 0 && this.peek() !== undefined; this.#next++) {
      if (this.isMark('(')) depth++;
      else if (this.isMark(')')) depth--;
    }
  }
}
