/** Bytes of JSON, four at a time: fixed runs that are compared and texts that are copied. */

/** Fixed ASCII text of four bytes or more. */
export class Pattern {
  readonly length: number;
  /** The text but for its last one to four bytes. */
  readonly #words: Int32Array;
  /** Its last four bytes, which may overlap the word before. */
  readonly #last: number;

  constructor(text: string) {
    const view = new DataView(new TextEncoder().encode(text).buffer);
    this.length = view.byteLength;
    this.#words = Int32Array.from({ length: (this.length - 1) >> 2 }, (_, i) =>
      view.getInt32(i * 4, true),
    );
    this.#last = view.getInt32(this.length - 4, true);
  }

  /** Whether it stands at `pos`, before `end`, which is not behind the view's. */
  matches(view: DataView, pos: number, end: number): boolean {
    const length = this.length;
    if (pos + length > end) return false;
    const words = this.#words;
    for (let i = 0; i < words.length; i++) {
      if (view.getInt32(pos + i * 4, true) !== words[i]) return false;
    }
    return view.getInt32(pos + length - 4, true) === this.#last;
  }
}

/**
 * Copies the bytes of a JSON string from `pos` to the first one that ends it, escapes or is forbidden
 * (a quote, a backslash, a control character), and returns where that stands; `end` without any. `to`
 * needs room for end - pos bytes and three more, which may be overwritten. Hot loop.
 */
export function copyPlain(
  from: DataView,
  pos: number,
  end: number,
  to: DataView,
  at: number,
): number {
  const shift = at - pos;
  const last = end - 4;
  let p = pos;
  for (; p <= last; p += 4) {
    const word = from.getInt32(p, true);
    to.setInt32(p + shift, word, true);
    const quote = word ^ 0x22222222;
    const backslash = word ^ 0x5c5c5c5c;
    // The high bit of each byte that is zero after the xor, or below 0x20. A borrow can set bits above
    // the lowest one that is set, which alone counts.
    const found =
      (((quote - 0x01010101) & ~quote) |
        ((backslash - 0x01010101) & ~backslash) |
        ((word - 0x20202020) & ~word)) &
      0x80808080;
    if (found !== 0) return p + ((31 - Math.clz32(found & -found)) >> 3);
  }
  for (; p < end; p++) {
    const byte = from.getUint8(p);
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return p;
    to.setUint8(p + shift, byte);
  }
  return end;
}
