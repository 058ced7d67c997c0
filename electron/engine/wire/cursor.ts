/**
 * A bounds-checked reader of protobuf bytes.
 *
 * ```
 *   bytes  ┌──────────────┬─────────────────────────────┬─────────┐
 *          start          pos ──► reads move it         end       bytes.length
 * ```
 * `enter()` narrows `end` to a nested message and `leave()` widens it again, so that no length ever
 * reaches past the message it stands in. Nothing is allocated while reading; what is broken throws a
 * WireError, which the doors of wire/ catch. A cursor never copies: ranges it names lie in `bytes`.
 */

export type WireErrorCode = 'malformed' | 'tooDeep';

/** What is wrong with the bytes, and where. Thrown inside wire/ and store/, never past their doors. */
export class WireError extends Error {
  readonly code: WireErrorCode;
  /** Byte offset in the buffer that was read. */
  readonly offset: number;

  constructor(code: WireErrorCode, message: string, offset: number) {
    super(message);
    this.name = 'WireError';
    this.code = code;
    this.offset = offset;
  }
}

/** Nested messages a body may hold, the limit that protobuf implementations share. */
export const MAX_DEPTH = 100;

/**
 * Levels the JSON codecs follow: what the scanners let pass starts counting inside an item, a few
 * messages down. The scanners judge; this only bounds the recursion.
 */
export const MAX_JSON_DEPTH = MAX_DEPTH + 16;

/** The low three bits of a tag. Groups (3 and 4) are not part of proto3 and are refused. */
export const WIRE = { varint: 0, fixed64: 1, len: 2, fixed32: 5 } as const;

// One scratch double. Every platform that runs this is little-endian, like protobuf itself.
const scratchWords = new Uint32Array(2);
const scratchDouble = new Float64Array(scratchWords.buffer);

/** The double with these two halves. */
export function doubleOf(hi: number, lo: number): number {
  scratchWords[0] = lo;
  scratchWords[1] = hi;
  return scratchDouble[0];
}

export class Cursor {
  bytes: Uint8Array;
  /** Offset of the next byte. */
  pos: number;
  /** Offset one past the message that is being read. */
  end: number;
  /** Halves (uint32) of the last 64-bit read. */
  hi = 0;
  lo = 0;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
  }

  /** Starts over on [start, end) of `bytes`. Throws RangeError when that is not inside `bytes`. */
  reset(bytes: Uint8Array, start: number, end: number): this {
    if (start < 0 || start > end || end > bytes.length) {
      throw new RangeError(`[${start}, ${end}) is not inside ${bytes.length} bytes`);
    }
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
    return this;
  }

  /** The next tag (field number << 3 | wire type), or 0 at the end of the message. */
  tag(): number {
    const pos = this.pos;
    if (pos >= this.end) return 0;
    const first = this.bytes[pos];
    if (first < 0x80) {
      if (first < 8) throw this.malformed('a field has number 0', pos);
      this.pos = pos + 1;
      return first;
    }
    this.varint64();
    if (this.hi !== 0 || this.lo < 8) throw this.malformed('a field has no valid number', pos);
    return this.lo;
  }

  /** The low 32 bits of a varint as uint32; what lies above is dropped, as protobuf asks. */
  varint32(): number {
    const bytes = this.bytes;
    const pos = this.pos;
    if (pos + 5 <= this.end) {
      let byte = bytes[pos];
      if (byte < 0x80) {
        this.pos = pos + 1;
        return byte;
      }
      let value = byte & 0x7f;
      byte = bytes[pos + 1];
      value |= (byte & 0x7f) << 7;
      if (byte < 0x80) {
        this.pos = pos + 2;
        return value;
      }
      byte = bytes[pos + 2];
      value |= (byte & 0x7f) << 14;
      if (byte < 0x80) {
        this.pos = pos + 3;
        return value;
      }
      byte = bytes[pos + 3];
      value |= (byte & 0x7f) << 21;
      if (byte < 0x80) {
        this.pos = pos + 4;
        return value;
      }
      byte = bytes[pos + 4];
      if (byte < 0x80) {
        this.pos = pos + 5;
        return (value | (byte << 28)) >>> 0;
      }
    }
    this.varint64();
    return this.lo;
  }

  /** A varint of up to ten bytes into `hi` and `lo`. */
  varint64(): void {
    const bytes = this.bytes;
    const end = this.end;
    let pos = this.pos;
    let lo = 0;
    let hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (pos >= end) throw this.malformed('a number is cut off', this.pos);
      const byte = bytes[pos++];
      const bits = byte & 0x7f;
      if (shift < 28) lo |= bits << shift;
      else if (shift === 28) {
        lo |= bits << 28;
        hi = bits >>> 4;
      } else hi |= bits << (shift - 32);
      if (byte < 0x80) {
        this.pos = pos;
        this.lo = lo >>> 0;
        this.hi = hi >>> 0;
        return;
      }
    }
    throw this.malformed('a number is longer than ten bytes', this.pos);
  }

  /** A uint64 varint. */
  uint64Big(): bigint {
    this.varint64();
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  /** An int64 varint (two's complement, not zigzag). */
  int64Big(): bigint {
    return BigInt.asIntN(64, this.uint64Big());
  }

  /** An int32 or enum varint. */
  int32(): number {
    return this.varint32() | 0;
  }

  /** A sint32 varint (zigzag). */
  sint32(): number {
    const raw = this.varint32();
    return (raw >>> 1) ^ -(raw & 1);
  }

  bool(): boolean {
    this.varint64();
    return (this.hi | this.lo) !== 0;
  }

  skipVarint(): void {
    const bytes = this.bytes;
    const last = Math.min(this.end, this.pos + 10);
    for (let pos = this.pos; pos < last; pos++) {
      if (bytes[pos] < 0x80) {
        this.pos = pos + 1;
        return;
      }
    }
    throw this.malformed('a number is cut off', this.pos);
  }

  fixed32(): number {
    const pos = this.pos;
    if (pos + 4 > this.end) throw this.malformed('a fixed32 is cut off', pos);
    const bytes = this.bytes;
    this.pos = pos + 4;
    return (
      (bytes[pos] | (bytes[pos + 1] << 8) | (bytes[pos + 2] << 16) | (bytes[pos + 3] << 24)) >>> 0
    );
  }

  /** Eight bytes into `hi` and `lo`. */
  fixed64(): void {
    const pos = this.pos;
    if (pos + 8 > this.end) throw this.malformed('a fixed64 is cut off', pos);
    const b = this.bytes;
    this.lo = (b[pos] | (b[pos + 1] << 8) | (b[pos + 2] << 16) | (b[pos + 3] << 24)) >>> 0;
    this.hi = (b[pos + 4] | (b[pos + 5] << 8) | (b[pos + 6] << 16) | (b[pos + 7] << 24)) >>> 0;
    this.pos = pos + 8;
  }

  fixed64Big(): bigint {
    this.fixed64();
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  sfixed64Big(): bigint {
    return BigInt.asIntN(64, this.fixed64Big());
  }

  double(): number {
    this.fixed64();
    return doubleOf(this.hi, this.lo);
  }

  /** A length whose range is checked to lie inside the message; `pos` is then at the payload. */
  len(): number {
    const bytes = this.bytes;
    const start = this.pos;
    let length: number;
    if (start < this.end && bytes[start] < 0x80) {
      length = bytes[start];
      this.pos = start + 1;
    } else {
      this.varint64();
      length = this.hi === 0 ? this.lo : Infinity;
    }
    if (length > this.end - this.pos) {
      throw this.malformed('a length reaches past the end of its message', start);
    }
    return length;
  }

  /**
   * Reads a length and narrows `end` to its payload. Returns the end of the message around it, which
   * `leave()` wants back.
   */
  enter(): number {
    const outer = this.end;
    const length = this.len();
    this.end = this.pos + length;
    return outer;
  }

  /** Goes on behind the message that `enter()` opened. */
  leave(outer: number): void {
    this.pos = this.end;
    this.end = outer;
  }

  /** Skips the value of a tag that was just read. */
  skip(tag: number): void {
    switch (tag & 7) {
      case WIRE.varint:
        this.skipVarint();
        return;
      case WIRE.len: {
        const length = this.len();
        this.pos += length;
        return;
      }
      case WIRE.fixed64:
        this.skipBytes(8);
        return;
      case WIRE.fixed32:
        this.skipBytes(4);
        return;
      default:
        throw this.malformed(
          `field ${tag >>> 3} has wire type ${tag & 7}, which OTLP does not use`,
          this.pos,
        );
    }
  }

  /** A WireError to throw: `malformed(what, offset)` reads "what (at byte offset)". */
  malformed(what: string, offset: number): WireError {
    return new WireError('malformed', `${what} (at byte ${offset})`, offset);
  }

  private skipBytes(count: number): void {
    if (this.pos + count > this.end) {
      throw this.malformed(`a fixed${count * 8} is cut off`, this.pos);
    }
    this.pos += count;
  }
}
