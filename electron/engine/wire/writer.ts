/**
 * A growable protobuf output buffer. Nested messages are written in place: `open` leaves one byte
 * for the length and `close` fills it in, moving the payload only when it is 128 bytes or longer.
 */

const utf8 = new TextEncoder();

export class Writer {
  bytes: Uint8Array<ArrayBuffer>;
  /** The same bytes. */
  view: DataView<ArrayBuffer>;
  pos = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.pos + count > this.bytes.length) this.#grow(this.pos + count);
  }

  #grow(need: number): void {
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2, 64));
    grown.set(this.bytes.subarray(0, this.pos));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** What was written, copied when the buffer has slack. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.pos === this.bytes.length ? this.bytes : this.bytes.slice(0, this.pos);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.pos++] = value;
  }

  /** Text whose characters are all ASCII, one byte each. */
  ascii(text: string): void {
    this.reserve(text.length);
    for (let at = 0; at < text.length; at++) this.bytes[this.pos++] = text.charCodeAt(at);
  }

  tag(field: number, wireType: number): void {
    if (field < 16) this.byte((field << 3) | wireType);
    else this.varint32((field << 3) | wireType);
  }

  /** A uint32 varint. */
  varint32(value: number): void {
    this.reserve(5);
    const bytes = this.bytes;
    let pos = this.pos;
    let rest = value >>> 0;
    while (rest > 0x7f) {
      bytes[pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[pos++] = rest;
    this.pos = pos;
  }

  /** A varint of two uint32 halves. */
  varint64(hi: number, lo: number): void {
    this.reserve(10);
    const bytes = this.bytes;
    let pos = this.pos;
    let high = hi >>> 0;
    let low = lo >>> 0;
    while (high !== 0 || low > 0x7f) {
      bytes[pos++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[pos++] = low;
    this.pos = pos;
  }

  fixed32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.pos, value, true);
    this.pos += 4;
  }

  fixed64(hi: number, lo: number): void {
    this.reserve(8);
    this.view.setInt32(this.pos, lo, true);
    this.view.setInt32(this.pos + 4, hi, true);
    this.pos += 8;
  }

  double(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.pos, value, true);
    this.pos += 8;
  }

  /** Bytes [start, end) of `source`, as they are. */
  raw(source: Uint8Array, start = 0, end = source.length): void {
    const length = end - start;
    this.reserve(length);
    const bytes = this.bytes;
    const pos = this.pos;
    this.pos = pos + length;
    // Short runs, nearly all there are, are copied faster than a view of them is made.
    if (length > 64) bytes.set(source.subarray(start, end), pos);
    else for (let at = 0; at < length; at++) bytes[pos + at] = source[start + at];
  }

  /** A non-negative integer below 2^53 as a varint field. */
  uintField(field: number, value: number): void {
    this.tag(field, 0);
    this.varint64(Math.floor(value / 4294967296), value >>> 0);
  }

  stringField(field: number, text: string): void {
    this.tag(field, 2);
    const mark = this.openLength();
    // UTF-8 needs at most three bytes per UTF-16 unit.
    this.reserve(text.length * 3);
    this.pos += utf8.encodeInto(text, this.bytes.subarray(this.pos)).written;
    this.close(mark);
  }

  /** A length-delimited field with these bytes. */
  bytesField(field: number, source: Uint8Array, start = 0, end = source.length): void {
    this.tag(field, 2);
    this.varint32(end - start);
    this.raw(source, start, end);
  }

  /** Starts a nested message; `close` wants the result. */
  open(field: number): number {
    this.tag(field, 2);
    return this.openLength();
  }

  /** Starts a length-delimited payload whose tag is written; `close` wants the result. */
  openLength(): number {
    this.reserve(1);
    return ++this.pos;
  }

  /** Ends what `open` or `openLength` started by writing its length. */
  close(mark: number): void {
    const length = this.pos - mark;
    if (length < 0x80) {
      this.bytes[mark - 1] = length;
      return;
    }
    const extra = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4;
    this.reserve(extra);
    this.bytes.copyWithin(mark + extra, mark, this.pos);
    const end = this.pos + extra;
    this.pos = mark - 1;
    this.varint32(length);
    this.pos = end;
  }

  /** Takes out what was written in these ranges: starts and ends side by side, which do not overlap. */
  cut(ranges: readonly number[]): void {
    const sorted: (readonly [start: number, end: number])[] = [];
    for (let at = 0; at < ranges.length; at += 2) sorted.push([ranges[at], ranges[at + 1]]);
    sorted.sort((a, b) => a[0] - b[0]);
    let to = sorted[0][0];
    sorted.forEach(([, end], index) => {
      const next = sorted[index + 1]?.[0] ?? this.pos;
      this.bytes.copyWithin(to, end, next);
      to += next - end;
    });
    this.pos = to;
  }
}
