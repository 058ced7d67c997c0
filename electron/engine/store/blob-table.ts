/**
 * Distinct messages with their schema_url, copied out of the slabs: there are few, and the telemetry
 * that names them comes and goes. A row counts the items that name it, and is free when none does.
 */
import { equalBytes, hashBytes } from './hash.ts';
import { RowIndex } from './row-index.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const NO_BYTES = new Uint8Array(0);

export class BlobTable {
  /** Rows in use. */
  count = 0;
  readonly #index = new RowIndex();
  /** The message and then the URL; undefined where the row is free. */
  readonly #blobs: (Uint8Array | undefined)[] = [];
  readonly #messageLength: number[] = [];
  readonly #hash: number[] = [];
  readonly #refs: number[] = [];
  readonly #free: number[] = [];
  #blobBytes = 0;

  get bytesUsed(): number {
    return this.#blobBytes + this.#index.bytes + this.#blobs.length * 200;
  }

  bytes(row: number): Uint8Array {
    return this.#blobs[row]?.subarray(0, this.#messageLength[row]) ?? NO_BYTES;
  }

  schemaUrl(row: number): string {
    const blob = this.#blobs[row];
    return blob === undefined ? '' : decoder.decode(blob.subarray(this.#messageLength[row]));
  }

  /** The row of a message and its URL, added when it is new. `settle` it when no item retains it. */
  intern(message: Uint8Array, url: Uint8Array): number {
    const hash = hashBytes(message, 0, message.length) ^ hashBytes(url, 0, url.length);
    const index = this.#index;
    for (let row = index.first(hash); row !== -1; row = index.next()) {
      if (this.#isBlob(row, message, url)) return row;
    }
    return this.#add(message, url, hash);
  }

  retain(row: number, count: number): void {
    this.#refs[row] += count;
  }

  release(row: number, count: number): void {
    if ((this.#refs[row] -= count) === 0) this.#remove(row);
  }

  /** Frees a row that was interned for items of which none was kept. */
  settle(row: number): void {
    if (this.#refs[row] === 0 && this.#blobs[row] !== undefined) this.#remove(row);
  }

  /** Called with a new row. */
  protected added(_row: number): void {
    // Only tables that derive something from a message need to know.
  }

  /** Called with a row that is about to be freed. */
  protected removed(_row: number): void {
    // See `added`.
  }

  #isBlob(row: number, message: Uint8Array, url: Uint8Array): boolean {
    const blob = this.#blobs[row];
    return (
      blob !== undefined &&
      this.#messageLength[row] === message.length &&
      blob.length === message.length + url.length &&
      equalBytes(blob, 0, message, 0, message.length) &&
      equalBytes(blob, message.length, url, 0, url.length)
    );
  }

  #add(message: Uint8Array, url: Uint8Array, hash: number): number {
    if (!this.#index.hasRoom(1)) this.#reindex();
    const row = this.#free.pop() ?? this.#blobs.length;
    const blob = new Uint8Array(message.length + url.length);
    blob.set(message);
    blob.set(url, message.length);
    this.#blobs[row] = blob;
    this.#messageLength[row] = message.length;
    this.#hash[row] = hash;
    this.#refs[row] = 0;
    this.#blobBytes += blob.length;
    this.count++;
    this.#index.add(hash, row);
    this.added(row);
    return row;
  }

  #remove(row: number): void {
    this.removed(row);
    this.#blobBytes -= this.#blobs[row]?.length ?? 0;
    this.#blobs[row] = undefined;
    this.#free.push(row);
    this.count--;
  }

  #reindex(): void {
    this.#index.startRebuild(this.count + 1);
    this.#blobs.forEach((blob, row) => {
      if (blob !== undefined) this.#index.add(this.#hash[row], row);
    });
    this.#index.endRebuild();
  }
}
