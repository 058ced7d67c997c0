/**
 * A segment of the journal that is being written.
 *
 * ```
 *   [ head ][ record ][ record ][ flying: on another thread ][ queued: the next flight ]
 *                               position of the flight ───────┘                         └─ bytes
 * ```
 * Records lie in the file in the order of their appends, and none is whole before those in front of
 * it: a reader ends at the first that is not. A record that cannot wait takes those before it along:
 * writing the flight's bytes once more at their place changes nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Signal } from '../../../proto/otlp/signal.ts';
import type { JournalDisk } from './journal-disk.ts';
import {
  RECORD_HEADER_BYTES,
  recordHeader,
  SEGMENT_HEAD_BYTES,
  segmentHead,
  type RecordBody,
} from './journal-format.ts';

/** Records that are written in one call. */
interface Flight {
  readonly chunks: Uint8Array[];
  readonly kept: (() => void)[];
  readonly position: number;
  /** Whether it is in the file already, however far the other thread is. */
  isSettled: boolean;
}

export interface SegmentOptions {
  readonly disk: JournalDisk;
  readonly path: string;
  readonly name: string;
  readonly signal: Signal;
  /** A write on another thread failed; what waited for it was told. */
  readonly onError: (error: Error) => void;
}

/** From its creation to `close`. Methods throw the system's errors. */
export class OpenSegment {
  readonly name: string;
  readonly signal: Signal;
  readonly #options: SegmentOptions;
  readonly #file: number;
  readonly #salt: number;
  /** Of the file, once all that was appended is in it. */
  #bytes = SEGMENT_HEAD_BYTES;
  #weight = SEGMENT_HEAD_BYTES;
  #flying: Flight | undefined;
  #flyingSinceMs = 0;
  #queued: Flight | undefined;
  #whenClosed: (() => void) | undefined;

  /**
   * `over` is the path of a segment that is not needed any more: its file becomes this one, because
   * writing over pages that the kernel has costs a third of writing new ones.
   */
  constructor(options: SegmentOptions, over?: string) {
    const { disk, path, name, signal } = options;
    this.name = name;
    this.signal = signal;
    this.#options = options;
    this.#salt = randomBytes(4).readUInt32LE();
    const head = segmentHead(this.#salt, over !== undefined);
    if (over === undefined) {
      this.#file = disk.create(path);
      disk.write(this.#file, [head], 0);
    } else {
      this.#file = disk.reuse(over, path, head);
    }
  }

  /**
   * What it holds, inflated, or the bytes of the file when they are more: the journal is to hold what
   * memory holds.
   */
  get weight(): number {
    return Math.max(this.#weight, this.#bytes);
  }

  /** Whether something that was appended is not with the system yet. */
  get isPending(): boolean {
    return this.#flying !== undefined;
  }

  /** Since when a write on another thread has been running, by performance.now(); Infinity without one. */
  get pendingSinceMs(): number {
    return this.#flying === undefined ? Infinity : this.#flyingSinceMs;
  }

  /**
   * Adds a record in one write, from where its chunks lie. They are the caller's again, and the bytes
   * the system's, when it returns; so are those of all records before it.
   */
  append(arrivalMs: number, body: RecordBody): void {
    this.#settle();
    const header = recordHeader(this.#salt, this.signal, arrivalMs, body);
    this.#options.disk.write(this.#file, [header, ...body.chunks], this.#bytes);
    this.#grow(body);
  }

  /**
   * Adds a record and returns before it is written. `kept` is called once, when it is with the system
   * or the journal failed; until then the chunks stay as they are.
   */
  appendLater(arrivalMs: number, body: RecordBody, kept: () => void): void {
    const header = recordHeader(this.#salt, this.signal, arrivalMs, body);
    this.#queued ??= { chunks: [], kept: [], position: this.#bytes, isSettled: false };
    // The header is made in the same place for every record.
    this.#queued.chunks.push(header.slice(), ...body.chunks);
    this.#queued.kept.push(kept);
    this.#grow(body);
    if (this.#flying === undefined) this.#fly();
  }

  /**
   * Writes everything that is on its way. Those who wait for the flight are told when the other thread
   * has landed it, because it still reads their chunks.
   */
  #settle(): void {
    const flying = this.#flying;
    const queued = this.#queued;
    this.#queued = undefined;
    const { disk } = this.#options;
    try {
      if (flying !== undefined && !flying.isSettled) {
        disk.write(this.#file, flying.chunks, flying.position);
        flying.isSettled = true;
      }
      if (queued !== undefined) disk.write(this.#file, queued.chunks, queued.position);
    } finally {
      if (queued !== undefined) land(queued);
    }
  }

  /**
   * Closes the file once what is on its way is in it, at once when nothing is; `done` is called then.
   * Nothing may be appended any more.
   */
  close(done: () => void): void {
    this.#whenClosed = done;
    // The thread that writes must not meet another file under the same number.
    if (this.#flying === undefined) this.#closeFile(done);
  }

  #fly(): void {
    const flight = this.#queued;
    if (flight === undefined) return;
    this.#queued = undefined;
    this.#flying = flight;
    this.#flyingSinceMs = performance.now();
    this.#options.disk.writeLater(this.#file, flight.chunks, flight.position, (error) => {
      this.#flying = undefined;
      if (error !== null) this.#options.onError(error);
      land(flight);
      if (error !== null) this.#abandon();
      this.#fly();
      if (this.#flying === undefined && this.#whenClosed !== undefined) {
        this.#closeFile(this.#whenClosed);
      }
    });
  }

  /** After an error nothing more is written: nobody waits for it either. */
  #abandon(): void {
    const queued = this.#queued;
    this.#queued = undefined;
    if (queued !== undefined) land(queued);
  }

  #closeFile(done: () => void): void {
    try {
      this.#options.disk.close(this.#file);
    } catch (error) {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
    done();
  }

  #grow({ byteLength, plainBytes }: RecordBody): void {
    this.#bytes += RECORD_HEADER_BYTES + byteLength;
    this.#weight += RECORD_HEADER_BYTES + plainBytes;
  }
}

/** Tells those who wait for a flight. Their chunks are theirs again. */
function land(flight: Flight): void {
  for (const kept of flight.kept) kept();
}
