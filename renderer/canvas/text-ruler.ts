/**
 * Widths of text from a table of advances, so that no frame calls measureText. Widths are in the
 * unit of the `measure` function given (CSS px at the font's CSS size).
 */

const ELLIPSIS = '…';

/** Advances of one font. Make a new one when the font or its size changes. */
export class TextRuler {
  readonly #measure: (text: string) => number;
  readonly #ascii = new Float64Array(128).fill(-1);
  readonly #others = new Map<string, number>();

  constructor(measure: (text: string) => number) {
    this.#measure = measure;
  }

  /**
   * The width of a text as the sum of its characters. Kerning and joined scripts make the drawn text
   * narrower, hardly ever wider.
   */
  width(text: string): number {
    let total = 0;
    for (const character of text) total += this.#advance(character);
    return total;
  }

  /** The text, or as much of it as fits with an ellipsis; '' when not even one letter does. */
  fit(text: string, maxWidth: number): string {
    const room = maxWidth - this.#advance(ELLIPSIS);
    let total = 0;
    let length = 0;
    let cut = 0;
    for (const character of text) {
      total += this.#advance(character);
      if (total > maxWidth) return cut === 0 ? '' : text.slice(0, cut).trimEnd() + ELLIPSIS;
      length += character.length;
      if (total <= room) cut = length;
    }
    return text;
  }

  #advance(character: string): number {
    const code = character.charCodeAt(0);
    if (code < 128) {
      const known = this.#ascii[code];
      if (known >= 0) return known;
      return (this.#ascii[code] = this.#measure(character));
    }
    let known = this.#others.get(character);
    if (known === undefined) {
      known = this.#measure(character);
      this.#others.set(character, known);
    }
    return known;
  }
}
