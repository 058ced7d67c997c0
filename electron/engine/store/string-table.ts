/**
 * Interned strings by their UTF-8 bytes. Rows count who names them: items and entries `retain` a row
 * and `release` it, and a row that nobody names is free for another string at once.
 *
 * The bytes lie behind each other in one arena, packed anew when it is full. Text is decoded when somebody asks for it, with U+FFFD for what is not UTF-8.
 */
import { ByteArena } from './byte-arena.ts';
import { equalBytes, hashBytes } from './hash.ts';
import { RowIndex } from './row-index.ts';
import type { StringTable } from './schema.ts';

/** A power of two: most traffic has fewer names at a time. */
const RECENT = 512;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class Strings implements StringTable {
  readonly #index = new RowIndex();
  #offset = new Int32Array(256);
  /** -1: the row is free. */
  #length = new Int32Array(256).fill(-1);
  #hash = new Int32Array(256);
  #refs = new Int32Array(256);
  #rows = 0;
  readonly #free: number[] = [];
  #live = 0;
  readonly #arena = new ByteArena();
  readonly #texts: (string | undefined)[] = [];
  /** Rows that were asked for lately, by a cheap key; a wrong one is seen when bytes are compared. */
  readonly #recent = new Int32Array(RECENT);

  constructor() {
    this.retain(this.#add(new Uint8Array(0), 0, 0, hashBytes(new Uint8Array(0), 0, 0)));
  }

  get bytes(): number {
    // A decoded text costs about its length and an object.
    return this.#arena.bytes + this.#index.bytes + this.#offset.byteLength * 4 + this.#rows * 40;
  }

  get(row: number): string {
    let text = this.#texts[row];
    if (text === undefined) {
      const start = this.#offset[row];
      text = decoder.decode(this.#arena.bytesHeld.subarray(start, start + this.#length[row]));
      this.#texts[row] = text;
    }
    return text;
  }

  find(text: string): number {
    const bytes = encoder.encode(text);
    return this.#find(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length));
  }

  /** The row of a text; retained once more. */
  retainText(text: string): number {
    const bytes = encoder.encode(text);
    const row = this.intern(bytes, 0, bytes.length);
    this.retain(row);
    return row;
  }

  /** The row of these bytes, added when it is new. The caller retains it. */
  intern(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0) return 0;
    const last = bytes[start + length - 1];
    const middle = bytes[start + (length >> 1)];
    const key = (length + bytes[start] * 7 + middle * 61 + last * 13) & (RECENT - 1);
    const recent = this.#recent[key];
    if (
      this.#length[recent] === length &&
      equalBytes(this.#arena.bytesHeld, this.#offset[recent], bytes, start, length)
    ) {
      return recent;
    }
    const hash = hashBytes(bytes, start, length);
    const found = this.#find(bytes, start, length, hash);
    const row = found === -1 ? this.#add(bytes, start, length, hash) : found;
    this.#recent[key] = row;
    return row;
  }

  retain(row: number): void {
    this.#refs[row]++;
  }

  release(row: number, count = 1): void {
    if ((this.#refs[row] -= count) === 0) this.#remove(row);
  }

  #find(bytes: Uint8Array, start: number, length: number, hash: number): number {
    const lengths = this.#length;
    let row = this.#index.first(hash);
    while (
      row !== -1 &&
      (lengths[row] !== length ||
        !equalBytes(this.#arena.bytesHeld, this.#offset[row], bytes, start, length))
    ) {
      row = this.#index.next();
    }
    return row;
  }

  #add(bytes: Uint8Array, start: number, length: number, hash: number): number {
    if (!this.#index.hasRoom(1)) this.#reindex();
    const row = this.#free.pop() ?? this.#rows++;
    if (row === this.#offset.length) this.#growRows();
    if (!this.#arena.hasRoom(length)) this.#pack(length);
    this.#offset[row] = this.#arena.append(bytes, start, length);
    this.#length[row] = length;
    this.#hash[row] = hash;
    this.#refs[row] = 0;
    this.#texts[row] = undefined;
    this.#live++;
    this.#index.add(hash, row);
    return row;
  }

  #remove(row: number): void {
    this.#arena.release(this.#length[row]);
    this.#length[row] = -1;
    this.#texts[row] = undefined;
    this.#free.push(row);
    this.#live--;
  }

  #growRows(): void {
    const grow = (column: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(column.length * 2);
      larger.set(column);
      return larger;
    };
    const rows = this.#offset.length;
    this.#offset = grow(this.#offset);
    this.#length = grow(this.#length).fill(-1, rows);
    this.#hash = grow(this.#hash);
    this.#refs = grow(this.#refs);
  }

  #pack(length: number): void {
    this.#arena.startPacking(length);
    for (let row = 0; row < this.#rows; row++) {
      const size = this.#length[row];
      if (size >= 0) this.#offset[row] = this.#arena.repack(this.#offset[row], size);
    }
    this.#arena.endPacking();
  }

  #reindex(): void {
    this.#index.startRebuild(this.#live + 1);
    for (let row = 0; row < this.#rows; row++) {
      if (this.#length[row] >= 0) this.#index.add(this.#hash[row], row);
    }
    this.#index.endRebuild();
  }
}
