/**
 * The journal's writer of one signal: records gather in a buffer, which goes to the open segment on
 * another thread while the next buffer fills.
 *
 * ```
 *   append ──copy──▶ [ filling ]──swap──▶ [ flying ]──▶ file at its own position
 *                    └─ both busy, or a long record: written at once, behind the flying one
 * ```
 * Bytes that the system has taken survive the end of the process, so nothing is synced.
 */
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { JournalDisk } from './journal-disk.ts';
import { RECORD_HEADER_BYTES, SEGMENT_MAGIC, writeRecordHeader } from './journal-format.ts';

/** Room for a few of the usual batches; allocated with the first record. */
const BUFFER_BYTES = 1024 * 1024;
/** Copying a record above this costs more than a call to the system. */
const LONG_RECORD_BYTES = 256 * 1024;
/** A new write starts at most this often: 200 a second cost less than half a percent of a core. */
const PACE_MS = 5;
/**
 * A record that is not down after this time is written at once: the thread was busy, or the other
 * threads are (inflating large bodies).
 */
const OVERDUE_MS = 20;

/** An open segment; it closes when nothing flies to it any more. */
class OpenSegment {
  readonly path: string;
  readonly #disk: JournalDisk;
  readonly #file: number;
  #flights = 0;
  #whenClosed: (() => void) | undefined;
  #landingAt = 0;
  /** Where the next write goes. */
  position = 0;

  constructor(disk: JournalDisk, path: string) {
    this.#disk = disk;
    this.path = path;
    this.#file = disk.create(path);
    this.writeNow(SEGMENT_MAGIC);
  }

  writeNow(bytes: Uint8Array): void {
    this.#disk.writeNow(this.#file, bytes, this.position);
    this.position += bytes.byteLength;
  }

  write(bytes: Uint8Array, done: (error: Error | null) => void): void {
    const at = this.position;
    this.#landingAt = at;
    this.position += bytes.byteLength;
    this.#flights++;
    this.#disk.write(this.#file, bytes, at, (error) => {
      this.#flights--;
      this.#closeWhenIdle();
      done(error);
    });
  }

  /** Writes what the latest `write` is to write, now; done twice, it is the same. */
  overtake(bytes: Uint8Array): void {
    this.#disk.writeNow(this.#file, bytes, this.#landingAt);
  }

  close(whenClosed: () => void): void {
    this.#whenClosed = whenClosed;
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#flights > 0 || this.#whenClosed === undefined) return;
    const whenClosed = this.#whenClosed;
    this.#whenClosed = undefined;
    this.#disk.close(this.#file);
    whenClosed();
  }
}

/** Methods throw the system's errors; those of writes on the other thread reach `onError`. */
export class JournalLane {
  readonly #disk: JournalDisk;
  readonly #signal: Signal;
  readonly #onError: (error: Error) => void;
  readonly #header = new Uint8Array(RECORD_HEADER_BYTES);
  #segment: OpenSegment | undefined;
  #filling: Uint8Array | undefined;
  #spare: Uint8Array | undefined;
  #used = 0;
  /** Its segment may be closed already, but for this write. */
  #flying: { readonly bytes: Uint8Array; readonly segment: OpenSegment } | undefined;
  #oldestAt = 0;
  #startedAt = -PACE_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(disk: JournalDisk, signal: Signal, onError: (error: Error) => void) {
    this.#disk = disk;
    this.#signal = signal;
    this.#onError = onError;
  }

  get isOpen(): boolean {
    return this.#segment !== undefined;
  }

  /** Bytes of the open segment with what is still to be written; 0 when none is open. */
  get segmentBytes(): number {
    return this.#segment === undefined ? 0 : this.#segment.position + this.#used;
  }

  open(path: string): void {
    this.#segment = new OpenSegment(this.#disk, path);
  }

  /** Adds a record to the open segment; the chunks are the caller's again afterwards. */
  append(arrivalMs: number, chunks: readonly Uint8Array[], byteLength: number): void {
    const size = RECORD_HEADER_BYTES + byteLength;
    if (size > LONG_RECORD_BYTES) this.#appendLong(arrivalMs, chunks, byteLength);
    else this.#appendShort(arrivalMs, chunks, byteLength, size);
  }

  /** Hands what waits to the system now, because the thread is about to be busy for long. */
  push(): void {
    if (this.#used === 0) return;
    if (this.#flying === undefined) this.#fly();
    else this.#writeNow();
  }

  /**
   * Closes the open segment, written to the end, or with what waits dropped. `whenClosed` gets its
   * path, at once or after the last write; there is no call when none is open.
   */
  close(keep: boolean, whenClosed: (path: string) => void): void {
    const segment = this.#segment;
    if (segment === undefined) return;
    if (keep) this.#writeNow();
    this.#used = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#segment = undefined;
    segment.close(() => {
      whenClosed(segment.path);
    });
  }

  #appendLong(arrivalMs: number, chunks: readonly Uint8Array[], byteLength: number): void {
    this.#writeNow();
    const view = new DataView(this.#header.buffer);
    writeRecordHeader(view, 0, this.#signal, arrivalMs, chunks, byteLength);
    this.#segment?.writeNow(this.#header);
    for (const chunk of chunks) this.#segment?.writeNow(chunk);
  }

  #appendShort(
    arrivalMs: number,
    chunks: readonly Uint8Array[],
    byteLength: number,
    size: number,
  ): void {
    if (this.#used + size > BUFFER_BYTES) this.push();
    const buffer = (this.#filling ??= new Uint8Array(BUFFER_BYTES));
    const view = new DataView(buffer.buffer);
    writeRecordHeader(view, this.#used, this.#signal, arrivalMs, chunks, byteLength);
    let at = this.#used + RECORD_HEADER_BYTES;
    for (const chunk of chunks) {
      buffer.set(chunk, at);
      at += chunk.byteLength;
    }
    const now = performance.now();
    if (this.#used === 0) this.#oldestAt = now;
    this.#used = at;
    if (now - this.#oldestAt > OVERDUE_MS) this.push();
    else this.#start(now);
  }

  /** Starts a write as soon as the pace allows; one that flies is given time to land first. */
  #start(now: number): void {
    if (this.#timer !== undefined) return;
    const waitMs = this.#flying === undefined ? this.#startedAt + PACE_MS - now : OVERDUE_MS;
    if (waitMs <= 0) this.#fly();
    else this.#timer = setTimeout(this.#onTimer, waitMs);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    try {
      if (this.#flying === undefined) this.#fly();
      else {
        this.#flying.segment.overtake(this.#flying.bytes);
        this.#writeNow();
      }
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  };

  #fly(): void {
    const buffer = this.#filling;
    const segment = this.#segment;
    if (segment === undefined || buffer === undefined || this.#used === 0) return;
    const bytes = buffer.subarray(0, this.#used);
    this.#filling = this.#spare;
    this.#spare = undefined;
    this.#used = 0;
    this.#flying = { bytes, segment };
    this.#startedAt = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onTimer, OVERDUE_MS);
    segment.write(bytes, (error) => {
      this.#flying = undefined;
      this.#spare = buffer;
      clearTimeout(this.#timer);
      this.#timer = undefined;
      if (error !== null) this.#onError(error);
      else if (this.#used > 0) this.#start(performance.now());
    });
  }

  #writeNow(): void {
    if (this.#used === 0 || this.#filling === undefined) return;
    this.#segment?.writeNow(this.#filling.subarray(0, this.#used));
    this.#used = 0;
  }
}
