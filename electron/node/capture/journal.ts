/**
 * The journal: accepted batches appended to files before they are acknowledged, so that a capture
 * outlives a crash.
 *
 * ```
 *   folder/  …-w.traces  …-w.traces  …-w.logs        one open segment a signal, the rest closed
 *   append ──────one write──────▶ the signal's open segment; full: closed, the next one opened
 *   appendLater ─ thread pool ──▶ the same, in order, all that came during a write in the next one
 *   over the budget: oldest closed segments go, those of a flood before those of the others; the next
 *   one of their signal is written over them, because pages that the kernel has cost a third
 * ```
 * A batch is with the system when `append` returns or `kept` is called: it survives the end of the
 * process. It is not synced, so that a power cut may take what the system had not written yet. A
 * write into pages that the kernel has to find first holds a thread up for as long as storing the
 * batch takes: while other senders are served, another thread does it.
 *
 * The first error turns it off for good: what is written stays for a restore, `onFailure` is told
 * once, and appends do nothing from then on.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import {
  byAge,
  parseSegmentName,
  segmentName,
  RECORD_HEADER_BYTES,
  type RecordBody,
  type SegmentName,
} from './journal-format.ts';
import type { JournalDisk } from './journal-disk.ts';
import { OpenSegment, type SegmentOptions } from './journal-segment.ts';

/** Present when the journal failed while batches went on arriving: a restore is not all there was. */
export const PARTIAL_MARKER = 'partial';

/** A budget is this many segments or more, so that dropping one follows eviction closely. */
const SEGMENTS_PER_BUDGET = 32;
const MIN_SEGMENT_BYTES = 512 * 1024;
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;
/** A signal below this share of the budget does not pay for the flood of another; as in memory. */
const FAIR_SHARE = 1 / 4;

/**
 * Writes may take half of the thread's time. When they took this much more, the disk takes less than
 * arrives: a system that throttles its writers holds each of them up for a fraction of a second.
 */
const MAX_OWED_MS = 1_000;

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
  readonly #open = new Map<Signal, OpenSegment>();
  /** Oldest first. */
  readonly #closed: ClosedSegment[] = [];
  #closedBytes = 0;
  #startedMs = 0;
  #number = 0;
  /** Names of segments that are still written to. */
  readonly #closing = new Set<string>();
  /** Removals and closes on their way, and who waits for the last of them. */
  #ending = 0;
  #whenSettled: (() => void) | undefined;
  #state: 'on' | 'failed' | 'closed' = 'on';
  /** What writes took beyond half of the thread's time, and when the last one ended. */
  #owedMs = 0;
  #writtenAtMs = 0;
  /** When the thread has had as long for other work as slow writes took; 0 when none were. */
  #behindUntilMs = 0;

  /** Does not throw: a folder that cannot be used is a failure like any other. */
  constructor({ folder, budgetBytes, disk, onFailure }: JournalOptions) {
    this.#folder = folder;
    this.#budgetBytes = budgetBytes;
    this.#segmentBytes = Math.min(
      MAX_SEGMENT_BYTES,
      Math.max(MIN_SEGMENT_BYTES, Math.floor(budgetBytes / SEGMENTS_PER_BUDGET)),
    );
    this.#disk = disk;
    this.#onFailure = onFailure;
    this.#guard(() => {
      disk.makeFolder(folder);
      this.adopt();
    });
  }

  /** False after an error and after the close. */
  get isOn(): boolean {
    return this.#state === 'on';
  }

  /** What the files hold, inflated. */
  get bytes(): number {
    let bytes = this.#closedBytes;
    for (const segment of this.#open.values()) bytes += segment.weight;
    return bytes;
  }

  /**
   * ms for which nothing more should be appended, because the disk is slow, or has not taken for a second
   * what another thread writes; 0 when it keeps up.
   */
  get behindMs(): number {
    if (this.#pendingMs() >= MAX_OWED_MS) return MAX_OWED_MS;
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
        this.#keep({ name, signal: parsed.signal, weight: bytes });
      }
      this.#makeRoom(0);
    });
  }

  /**
   * Writes an accepted batch, and what of its signal is on its way. The chunks are the caller's again
   * when it returns.
   */
  append(signal: Signal, arrivalMs: number, body: RecordBody): void {
    if (this.#state !== 'on') return;
    this.#guard(() => {
      const segment = this.#segmentFor(signal, body);
      const fromMs = performance.now();
      segment.append(arrivalMs, body);
      this.#note(fromMs, performance.now());
    });
  }

  /**
   * Writes an accepted batch on another thread. The chunks stay as they are until `kept`, which is
   * called once: when the batch is with the system, or the journal is off.
   */
  appendLater(signal: Signal, arrivalMs: number, body: RecordBody, kept: () => void): void {
    if (this.#state !== 'on') {
      kept();
      return;
    }
    const isQueued = this.#guard(() => {
      this.#segmentFor(signal, body).appendLater(arrivalMs, body, kept);
    });
    if (!isQueued) kept();
  }

  /** Whether batches of a signal are on their way. */
  isPending(signal: Signal): boolean {
    return this.#open.get(signal)?.isPending ?? false;
  }

  /** Removes what is kept of these signals. Works after a failure too. */
  clear(signals: readonly Signal[]): void {
    this.#guard(() => {
      for (const signal of signals) {
        const name = this.#close(signal)?.name;
        if (name !== undefined) this.#remove(name);
      }
      for (const segment of this.#closed.filter((one) => signals.includes(one.signal))) {
        this.#drop(segment);
      }
    });
  }

  /**
   * Closes the files; with `keep` false removes them. Never rejects: what a failing disk leaves behind
   * is found by the next start.
   */
  async close(keep: boolean): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const signal of SIGNALS) {
      this.#guard(() => {
        this.#close(signal);
      });
    }
    if (this.#ending > 0) await new Promise<void>((resolve) => (this.#whenSettled = resolve));
    if (keep) return;
    this.#guard(() => {
      for (const { name } of this.#disk.list(this.#folder)) {
        if (parseSegmentName(name) === undefined && name !== PARTIAL_MARKER) continue;
        this.#disk.removeNow(join(this.#folder, name));
      }
    });
  }

  /** The open segment of a signal, with room for the body if there are others in it. */
  #segmentFor(signal: Signal, { byteLength, plainBytes }: RecordBody): OpenSegment {
    const size = RECORD_HEADER_BYTES + Math.max(byteLength, plainBytes);
    const open = this.#open.get(signal);
    if (open === undefined || open.weight + size > this.#segmentBytes) {
      this.#close(signal);
      if (open !== undefined) this.#keep(open);
      this.#openNext(signal);
    }
    this.#makeRoom(size);
    return this.#open.get(signal) ?? this.#openNext(signal);
  }

  #openNext(signal: Signal): OpenSegment {
    // Names stay in order also when the clock is set back.
    this.#startedMs = Math.max(this.#startedMs, Date.now());
    const { name } = segmentName(this.#startedMs, ++this.#number, this.#writer, signal);
    const options: SegmentOptions = {
      disk: this.#disk,
      path: join(this.#folder, name),
      name,
      signal,
      onError: (error) => {
        this.#fail(error);
      },
    };
    const segment = this.#openOver(signal, options) ?? new OpenSegment(options);
    this.#open.set(signal, segment);
    return segment;
  }

  /**
   * Opens a segment in the place of the one that would go while it fills. One of another signal is not
   * taken: what is left of it would outlive the Clear of its signal.
   */
  #openOver(signal: Signal, options: SegmentOptions): OpenSegment | undefined {
    if (this.bytes + this.#segmentBytes <= this.#budgetBytes) return undefined;
    const victim = this.#victim();
    if (victim?.signal !== signal || this.#closing.has(victim.name)) return undefined;
    this.#forget(victim);
    try {
      return new OpenSegment(options, join(this.#folder, victim.name));
    } catch {
      // It is gone, or in somebody's hands: a new file does as well, and tells what else is wrong.
      this.#remove(victim.name);
      return undefined;
    }
  }

  #close(signal: Signal): OpenSegment | undefined {
    const segment = this.#open.get(signal);
    this.#open.delete(signal);
    if (segment === undefined) return undefined;
    this.#ending++;
    this.#closing.add(segment.name);
    segment.close(() => {
      this.#closing.delete(segment.name);
      this.#settled();
    });
    return segment;
  }

  /** Notes a write, which held the thread up. */
  #note(fromMs: number, toMs: number): void {
    const othersMs = fromMs - this.#writtenAtMs;
    this.#writtenAtMs = toMs;
    this.#owedMs = Math.max(0, this.#owedMs - othersMs) + (toMs - fromMs);
    if (this.#owedMs < MAX_OWED_MS) return;
    this.#behindUntilMs = toMs + this.#owedMs;
    this.#owedMs = 0;
  }

  /** How long the slowest write on another thread has been running. */
  #pendingMs(): number {
    let sinceMs = Infinity;
    for (const segment of this.#open.values()) sinceMs = Math.min(sinceMs, segment.pendingSinceMs);
    return sinceMs === Infinity ? 0 : performance.now() - sinceMs;
  }

  #keep({ name, signal, weight: bytes }: Pick<OpenSegment, 'name' | 'signal' | 'weight'>): void {
    this.#closed.push({ name, signal, bytes });
    this.#closed.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#closedBytes += bytes;
  }

  /** Drops closed segments until `size` more bytes are within the budget. */
  #makeRoom(size: number): void {
    while (this.#closed.length > 0 && this.bytes + size > this.#budgetBytes) {
      const victim = this.#victim();
      if (victim !== undefined) this.#drop(victim);
    }
  }

  /** The closed segment that goes next. */
  #victim(): ClosedSegment | undefined {
    const share = this.#budgetBytes * FAIR_SHARE;
    const flood = this.#closed.find((segment) => this.#bytesOf(segment.signal) > share);
    return flood ?? this.#closed[0];
  }

  #bytesOf(signal: Signal): number {
    return this.#closed.reduce(
      (sum, segment) => (segment.signal === signal ? sum + segment.bytes : sum),
      this.#open.get(signal)?.weight ?? 0,
    );
  }

  #drop(segment: ClosedSegment): void {
    this.#forget(segment);
    this.#remove(segment.name);
  }

  #forget(segment: ClosedSegment): void {
    this.#closed.splice(this.#closed.indexOf(segment), 1);
    this.#closedBytes -= segment.bytes;
  }

  #remove(name: string): void {
    this.#ending++;
    this.#disk.remove(join(this.#folder, name), (error) => {
      if (error !== null) this.#fail(error);
      this.#settled();
    });
  }

  #settled(): void {
    this.#ending--;
    if (this.#ending === 0) this.#whenSettled?.();
  }

  /** False when the work failed. */
  #guard(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      return false;
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
