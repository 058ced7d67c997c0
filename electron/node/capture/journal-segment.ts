/** A segment of the journal that is being written. */
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { JournalDisk } from './journal-disk.ts';
import { RECORD_HEADER_BYTES, recordHeader, SEGMENT_MAGIC } from './journal-format.ts';

/** From its creation to `close`. Methods throw the system's errors. */
export class OpenSegment {
  readonly name: string;
  readonly signal: Signal;
  readonly #disk: JournalDisk;
  readonly #file: number;
  #bytes = SEGMENT_MAGIC.byteLength;

  constructor(disk: JournalDisk, path: string, name: string, signal: Signal) {
    this.name = name;
    this.signal = signal;
    this.#disk = disk;
    this.#file = disk.create(path);
    disk.append(this.#file, [SEGMENT_MAGIC]);
  }

  /** Bytes of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds a record in one write, from where its chunks lie. They are the caller's again, and the bytes
   * the system's, when it returns.
   */
  append(arrivalMs: number, chunks: readonly Uint8Array[], byteLength: number): void {
    const header = recordHeader(this.signal, arrivalMs, chunks, byteLength);
    this.#disk.append(this.#file, [header, ...chunks]);
    this.#bytes += RECORD_HEADER_BYTES + byteLength;
  }

  close(): void {
    this.#disk.close(this.#file);
  }
}
