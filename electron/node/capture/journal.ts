/**
 * The journal: accepted batches appended to files as they are acknowledged, so that a capture
 * outlives a crash. A batch is with the system at most JOURNAL_FLUSH_MS after its acknowledgement.
 *
 * ```
 *   folder/  …-w.traces  …-w.traces  …-w.logs        one open segment a signal, the rest closed
 *   append ──▶ JournalLane of the signal ──▶ its open segment; full: closed, the next one opened
 *   over the budget: oldest closed segments go, those of a flood before those of the others
 * ```
 * The first error turns it off for good: what is written stays for a restore, `onFailure` is told
 * once, and appends do nothing from then on.
 */
import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import {
  byAge,
  parseSegmentName,
  segmentName,
  RECORD_HEADER_BYTES,
  type SegmentName,
} from './journal-format.ts';
import type { JournalDisk } from './journal-disk.ts';
import { JournalLane } from './journal-lane.ts';

/**
 * What was acknowledged longer ago than this survives the end of the process. Writes start within
 * a few ms; the rest is room for a thread that was busy with something else.
 */
export const JOURNAL_FLUSH_MS = 100;

/** Present when the journal failed while batches went on arriving: a restore is not all there was. */
export const PARTIAL_MARKER = 'partial';

/** A budget is this many segments or more, so that dropping one follows eviction closely. */
const SEGMENTS_PER_BUDGET = 32;
const MIN_SEGMENT_BYTES = 512 * 1024;
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;
/** A signal below this share of the budget does not pay for the flood of another; as in memory. */
const FAIR_SHARE = 1 / 4;

/**
 * A write that held the thread this long has a disk behind it that takes less than arrives: half of the
 * time belongs to everything else.
 */
const SLOW_WRITE_MS = 1_000;

export interface JournalOptions {
  /** Made when missing. Segments that are there already count and go first. */
  readonly folder: string;
  /** The files together; one batch that is larger may exceed it. */
  readonly budgetBytes: number;
  readonly disk: JournalDisk;
  /** Called once, with the system's error. */
  readonly onFailure: (error: Error) => void;
}

interface ClosedSegment {
  readonly name: string;
  readonly signal: Signal;
  readonly bytes: number;
}

export class Journal {
  readonly #folder: string;
  readonly #budgetBytes: number;
  readonly #segmentBytes: number;
  readonly #disk: JournalDisk;
  readonly #onFailure: (error: Error) => void;
  readonly #writer = randomBytes(4).toString('hex');
  readonly #lanes: Readonly<Record<Signal, JournalLane>>;
  /** Oldest first. */
  readonly #closed: ClosedSegment[] = [];
  #closedBytes = 0;
  #startedMs = 0;
  #number = 0;
  /** Removals on their way, and who waits for the last of them. */
  #removing = 0;
  #whenRemoved: (() => void) | undefined;
  #state: 'on' | 'failed' | 'closed' = 'on';
  /** When the thread has had as long for other work as the last slow write took; 0 when none did. */
  #behindUntilMs = 0;

  /** Does not throw: a folder that cannot be used is a failure like any other. */
  constructor({ folder, budgetBytes, disk, onFailure }: JournalOptions) {
    this.#folder = folder;
    this.#budgetBytes = budgetBytes;
    this.#segmentBytes = Math.min(
      MAX_SEGMENT_BYTES,
      Math.max(MIN_SEGMENT_BYTES, Math.floor(budgetBytes / SEGMENTS_PER_BUDGET)),
    );
    this.#disk = this.#timed(disk);
    this.#onFailure = onFailure;
    const fail = (error: Error): void => {
      this.#fail(error);
    };
    this.#lanes = {
      traces: new JournalLane(this.#disk, 'traces', fail),
      logs: new JournalLane(this.#disk, 'logs', fail),
      metrics: new JournalLane(this.#disk, 'metrics', fail),
      profiles: new JournalLane(this.#disk, 'profiles', fail),
    };
    this.#guard(() => {
      disk.makeFolder(folder);
      this.adopt();
    });
  }

  /** False after an error and after the close. */
  get isOn(): boolean {
    return this.#state === 'on';
  }

  /** Bytes in files, with what is on the way to them. */
  get bytes(): number {
    return SIGNALS.reduce((sum, s) => sum + this.#lanes[s].segmentBytes, this.#closedBytes);
  }

  /** ms for which nothing more should be appended, because the disk is slow; 0 when it keeps up. */
  get behindMs(): number {
    if (this.#behindUntilMs === 0) return 0;
    const leftMs = this.#state === 'on' ? this.#behindUntilMs - performance.now() : 0;
    if (leftMs <= 0) this.#behindUntilMs = 0;
    return Math.max(0, leftMs);
  }

  /** Counts segments that somebody else put into the folder. */
  adopt(): void {
    this.#guard(() => {
      const known = new Set(this.#closed.map((segment) => segment.name));
      const mine = new RegExp(`-${this.#writer}\\.`);
      for (const { name, bytes } of this.#disk.list(this.#folder)) {
        const parsed = parseSegmentName(name);
        if (parsed === undefined || known.has(name) || mine.test(name)) continue;
        this.#startedMs = Math.max(this.#startedMs, parsed.startedMs);
        this.#keep({ name, signal: parsed.signal, bytes });
      }
      this.#makeRoom(0);
    });
  }

  /** Adds an accepted batch in protobuf. The chunks are the caller's again when it returns. */
  append(
    signal: Signal,
    arrivalMs: number,
    chunks: readonly Uint8Array[],
    byteLength: number,
  ): void {
    if (this.#state !== 'on') return;
    this.#guard(() => {
      const lane = this.#lanes[signal];
      const size = RECORD_HEADER_BYTES + byteLength;
      if (lane.isOpen && lane.segmentBytes + size > this.#segmentBytes) this.#rotate(signal, lane);
      this.#makeRoom(size);
      if (!lane.isOpen) lane.open(this.#nextPath(signal));
      lane.append(arrivalMs, chunks, byteLength);
    });
  }

  /** Hands everything that waits to the system, because the thread is about to be busy for long. */
  push(): void {
    if (this.#state !== 'on') return;
    this.#guard(() => {
      for (const signal of SIGNALS) this.#lanes[signal].push();
    });
  }

  /** Removes what is kept of these signals. Works after a failure too. */
  clear(signals: readonly Signal[]): void {
    this.#guard(() => {
      for (const signal of signals) {
        this.#lanes[signal].close(false, (path) => {
          this.#remove(path);
        });
      }
      for (const segment of this.#closed.filter((one) => signals.includes(one.signal))) {
        this.#drop(segment);
      }
    });
  }

  /**
   * Writes what waits and closes the files; with `keep` false removes them. Never rejects: what a
   * failing disk leaves behind is found by the next start.
   */
  async close(keep: boolean): Promise<void> {
    if (this.#state === 'closed') return;
    const { isOn } = this;
    this.#state = 'closed';
    await Promise.all(SIGNALS.map((signal) => this.#closeLane(signal, keep && isOn)));
    if (this.#removing > 0) await new Promise<void>((resolve) => (this.#whenRemoved = resolve));
    if (keep) return;
    this.#guard(() => {
      for (const { name } of this.#disk.list(this.#folder)) {
        if (parseSegmentName(name) === undefined && name !== PARTIAL_MARKER) continue;
        this.#disk.removeNow(join(this.#folder, name));
      }
    });
  }

  #timed(disk: JournalDisk): JournalDisk {
    return {
      ...disk,
      writeNow: (file, bytes, position) => {
        const fromMs = performance.now();
        disk.writeNow(file, bytes, position);
        const toMs = performance.now();
        if (toMs - fromMs >= SLOW_WRITE_MS) this.#behindUntilMs = toMs + (toMs - fromMs);
      },
    };
  }

  #closeLane(signal: Signal, keep: boolean): Promise<void> {
    const lane = this.#lanes[signal];
    try {
      lane.close(keep, () => undefined);
    } catch {
      // The last write failed; what is whole before it can be read.
    }
    return new Promise((resolve) => {
      lane.whenLanded(resolve);
    });
  }

  #rotate(signal: Signal, lane: JournalLane): void {
    const bytes = lane.segmentBytes;
    // Counted from now on, though the last write may still be on its way.
    lane.close(true, () => undefined);
    this.#keep({ name: this.#openNames[signal], signal, bytes });
  }

  readonly #openNames: Record<Signal, string> = { traces: '', logs: '', metrics: '', profiles: '' };

  #nextPath(signal: Signal): string {
    // Names stay in order also when the clock is set back.
    this.#startedMs = Math.max(this.#startedMs, Date.now());
    const { name } = segmentName(this.#startedMs, ++this.#number, this.#writer, signal);
    this.#openNames[signal] = name;
    return join(this.#folder, name);
  }

  #keep(segment: ClosedSegment): void {
    this.#closed.push(segment);
    this.#closed.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#closedBytes += segment.bytes;
  }

  /** Drops closed segments until `size` more bytes are within the budget. */
  #makeRoom(size: number): void {
    while (this.#closed.length > 0 && this.bytes + size > this.#budgetBytes) {
      const share = this.#budgetBytes * FAIR_SHARE;
      const flood = this.#closed.find((segment) => this.#bytesOf(segment.signal) > share);
      const oldest = flood ?? this.#closed[0];
      if (oldest !== undefined) this.#drop(oldest);
    }
  }

  #bytesOf(signal: Signal): number {
    return this.#closed.reduce(
      (sum, segment) => (segment.signal === signal ? sum + segment.bytes : sum),
      this.#lanes[signal].segmentBytes,
    );
  }

  #drop(segment: ClosedSegment): void {
    this.#closed.splice(this.#closed.indexOf(segment), 1);
    this.#closedBytes -= segment.bytes;
    this.#remove(segment.name);
  }

  #remove(path: string): void {
    this.#removing++;
    this.#disk.remove(join(this.#folder, basename(path)), (error) => {
      this.#removing--;
      if (error !== null) this.#fail(error);
      if (this.#removing === 0) this.#whenRemoved?.();
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    if (this.#state !== 'on') return;
    this.#state = 'failed';
    try {
      const marker = this.#disk.create(join(this.#folder, PARTIAL_MARKER));
      this.#disk.close(marker);
    } catch {
      // A disk that takes nothing takes no marker; one of an earlier failure may be there already.
    }
    this.#onFailure(error);
  }
}

/** The segments of a folder, oldest first, and whether they are all there was. Throws. */
export function listSegments(
  disk: JournalDisk,
  folder: string,
): {
  readonly segments: readonly (SegmentName & { readonly bytes: number })[];
  readonly isPartial: boolean;
} {
  const files = disk.list(folder);
  const segments = files.flatMap(({ name, bytes }) => {
    const parsed = parseSegmentName(name);
    return parsed === undefined ? [] : [{ ...parsed, bytes }];
  });
  return {
    segments: segments.sort(byAge),
    isPartial: files.some(({ name }) => name === PARTIAL_MARKER),
  };
}
