/**
 * The journal in the engine process: what the receiver and imports accept passes through it into the
 * engine, and what a crash left goes back.
 *
 * ```
 *   receiver, imports ─▶ JournalKeeper ─▶ Engine.ingest        accepted ─▶ Journal.append
 *   open:     segments of this folder ─▶ engine                before anything new arrives
 *   restore:  recovery/ ─▶ engine, segment by segment into this folder
 *   Clear:    segments removed; what stays in memory (pinned traces) written anew
 * ```
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import {
  NO_JOURNAL,
  type JournalStatus,
  type Mark,
  type RestoredCounts,
} from '../../../proto/live/topics.ts';
import { SIGNALS, type Signal } from '../../../proto/otlp/signal.ts';
import type { BodyEncoding, IngestResult } from '../../engine/config.ts';
import type { Engine } from '../../engine/engine.ts';
import { jsonToProto } from '../../engine/wire/json-to-proto.ts';
import { describeRestored } from '../capture/describe.ts';
import type { JournalDisk } from '../capture/journal-disk.ts';
import {
  parseSegmentName,
  type JournalRecord,
  type RecordBody,
} from '../capture/journal-format.ts';
import { listMarks, MarksFile, readMarks, removeMarks } from '../capture/journal-marks.ts';
import { Journal, listSegments, PARTIAL_MARKER } from '../capture/journal.ts';
import { restoreSegments } from '../capture/journal-restore.ts';
import type { IngestTarget, RequestLine, WaitForJournal } from '../receiver/target.ts';
import type { ArrivalClock } from './arrival-clock.ts';
import type { JournalConfig } from './control.ts';
import { toFailure } from './failure.ts';
import { offeredRecovery, RECOVERY_FOLDER } from './journal-folder.ts';
import type { Operation, Operations } from './operations.ts';
import { joined, plainBody } from './record-body.ts';

/** Present while the folder's own segments are read: found at a start, reading them ended an engine. */
const RESTORING_MARKER = 'restoring';

export interface JournalKeeperOptions {
  /** Absent: there is no journal, and everything passes through. */
  readonly config: JournalConfig | undefined;
  readonly budgetBytes: number;
  readonly engine: Engine;
  /** The engine's own clock. */
  readonly clock: ArrivalClock;
  readonly disk: JournalDisk;
  readonly operations: Operations;
  /** The status is another one. */
  readonly onChange: () => void;
  /** Something went wrong that a person should know; the status and the receiver log say it too. */
  readonly onWarning: (message: string) => void;
}

/** Life cycle: `open` before the receiver listens, `close` after it closed. */
export class JournalKeeper implements IngestTarget {
  readonly #options: JournalKeeperOptions;
  readonly #engine: Engine;
  readonly #folder: string | undefined;
  readonly #isWanted: boolean;
  readonly #closing = new AbortController();
  #journal: Journal | undefined;
  #marks: MarksFile | undefined;
  #status: JournalStatus;
  /** Of the last `ingest`, when its batch is written behind. */
  #waiting: Waiting | undefined;
  #isOpen = false;
  #isRestoring = false;
  /** Signals that were cleared while a restore runs: their batches do not come back. */
  readonly #cleared = new Set<Signal>();

  constructor(options: JournalKeeperOptions) {
    const { config, engine } = options;
    this.#options = options;
    this.#engine = engine;
    this.#folder = config !== undefined && 'folder' in config ? config.folder : undefined;
    this.#isWanted = config !== undefined && 'folder' in config && config.isOn;
    this.#status = { ...NO_JOURNAL, state: this.#isWanted ? 'on' : 'off' };
  }

  get status(): JournalStatus {
    return this.#status;
  }

  ingest(
    signal: Signal,
    chunks: readonly Uint8Array[],
    byteLength: number,
    encoding: BodyEncoding,
    wait?: WaitForJournal,
  ): IngestResult {
    this.#waiting = undefined;
    const journal = this.#journal;
    if (journal?.isOn !== true) return this.#engine.ingest(signal, chunks, byteLength, encoding);
    if (encoding === 'protobuf')
      return this.#keep(journal, signal, plainBody(chunks, byteLength), wait);
    const encoded = jsonToProto(signal, joined(chunks, byteLength));
    if (!encoded.ok) return encoded;
    const body = plainBody([encoded.bytes], encoded.bytes.byteLength);
    return this.#keep(journal, signal, body, wait && { isAlone: wait.isAlone });
  }

  whenKept(kept: () => void): void {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.isKept) kept();
    else waiting.tell = kept;
  }

  noteRequest(line: RequestLine): void {
    this.#engine.noteRequest(line);
  }

  /** The journal knows when its disk holds the thread up. */
  pressureMs(): number {
    return this.#journal?.behindMs ?? 0;
  }

  /** Takes back what an engine of this instance left, then starts to write. Never rejects. */
  async open(): Promise<void> {
    const { config, budgetBytes, disk } = this.#options;
    if (config !== undefined && 'problem' in config) this.#fail(config.problem);
    const folder = this.#folder;
    if (folder === undefined) return;
    try {
      await this.#restoreOwn(folder);
      const recovery = offeredRecovery(folder);
      // Without telemetry there is nothing that marks could stand in.
      if (recovery === null) {
        rmSync(join(folder, RECOVERY_FOLDER), { recursive: true, force: true });
      }
      this.#update({ recovery });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#warn(`The journal could not be read: ${toFailure(error).message}`);
    }
    this.#isOpen = true;
    this.#takeMarks(folder);
    if (!this.#isWanted) {
      removeMarksQuietly(folder);
      return;
    }
    const onFailure = (error: Error): void => {
      this.#fail(toFailure(error).message);
    };
    this.#journal = new Journal({ folder, budgetBytes, disk, onFailure });
    this.#marks = new MarksFile(folder);
  }

  /** Takes back what the status offers. Rejects with LiveFailure `notFound`, or as operations do. */
  async restore(): Promise<RestoredCounts> {
    const { recovery } = this.#status;
    if (recovery === null || this.#folder === undefined) throw new LiveFailure(NOTHING_OFFERED);
    const folder = this.#folder;
    this.#isRestoring = true;
    this.#cleared.clear();
    this.#update({ recovery: null });
    const label = 'Restoring the earlier capture';
    try {
      return await this.#options.operations.run(
        { kind: 'restore', label, totalBytes: recovery.bytes },
        (operation) => this.#restoreOffered(folder, operation),
        describeRestored,
      );
    } finally {
      this.#isRestoring = false;
      if (!this.#closing.signal.aborted) this.#update({ recovery: offeredRecovery(folder) });
    }
  }

  /** Removes what the status offers. Rejects with LiveFailure `notFound`. */
  async discard(): Promise<void> {
    const { recovery } = this.#status;
    if (recovery === null || this.#folder === undefined) throw new LiveFailure(NOTHING_OFFERED);
    this.#update({ recovery: null });
    await rm(join(this.#folder, RECOVERY_FOLDER), { recursive: true, force: true });
  }

  /** To be called after the engine's marks changed, with all of them. */
  marked(marks: readonly Mark[]): void {
    if (this.#journal?.isOn !== true) return;
    try {
      this.#marks?.write(marks);
    } catch (error) {
      this.#marks = undefined;
      this.#warn(`Marks do not survive a crash: ${toFailure(error).message}`);
    }
  }

  /** To be called after the engine was cleared. */
  cleared(signal: Signal | 'all'): void {
    const signals = signal === 'all' ? SIGNALS : [signal];
    if (this.#isRestoring) for (const one of signals) this.#cleared.add(one);
    const journal = this.#journal;
    if (journal === undefined) return;
    journal.clear(signals);
    if (!journal.isOn) return;
    const rest = this.#engine.reader({ type: 'all', signals });
    for (let request = rest.next(); request !== null; request = rest.next()) {
      if (request === 'searching') continue;
      const { bytes } = request;
      journal.append(request.signal, Date.now(), plainBody([bytes], bytes.byteLength));
    }
    rest.close();
  }

  /** Removes the journal after a clean end; leaves it to the next start when `isClean` is false. */
  async close(isClean: boolean): Promise<void> {
    this.#closing.abort();
    // An engine that never got to reading its journal back has nothing better to show for it.
    if (!this.#isOpen) return;
    await this.#journal?.close(!isClean);
    if (isClean && this.#folder !== undefined) removeMarksQuietly(this.#folder);
  }

  #keep(
    journal: Journal,
    signal: Signal,
    body: RecordBody,
    wait: WaitForJournal | undefined,
  ): IngestResult {
    const { chunks, byteLength } = body;
    const arrivalMs = this.#options.clock.nowMs();
    const result = this.#engine.ingest(signal, chunks, byteLength, 'protobuf');
    if (!result.ok || result.accepted === 0) return result;
    const gzip = wait?.gzip;
    const kept: RecordBody =
      gzip === undefined ? body : { ...gzip, coding: 'gzip', plainBytes: byteLength };
    const isSmall = wait === undefined || wait.isAlone || kept.byteLength < LATER_BYTES;
    if (wait === undefined || (isSmall && !journal.isPending(signal))) {
      journal.append(signal, arrivalMs, kept);
      return result;
    }
    const waiting: Waiting = { isKept: false, tell: undefined };
    this.#waiting = waiting;
    journal.appendLater(signal, arrivalMs, kept, () => {
      waiting.isKept = true;
      waiting.tell?.();
    });
    return result;
  }

  async #restoreOwn(folder: string): Promise<void> {
    const { segments, isPartial } = listSegments(this.#options.disk, folder);
    if (segments.length === 0) return;
    const marker = join(folder, RESTORING_MARKER);
    if (existsSync(marker)) {
      offer(folder, segments);
      rmSync(marker);
      this.#warn(
        'Reading the journal ended the engine. What it holds can be restored or discarded.',
      );
      return;
    }
    writeFileSync(marker, '', { mode: 0o600 });
    const restored = await restoreSegments({
      folder,
      segments,
      take: (record) => this.#take(record),
      segmentDone: (name) => {
        if (!this.#isWanted) rmSync(join(folder, name), { force: true });
      },
      operation: { signal: this.#closing.signal, progress: () => undefined },
      closing: this.#closing.signal,
    }).finally(() => {
      rmSync(marker, { force: true });
    });
    rmSync(join(folder, PARTIAL_MARKER), { force: true });
    this.#update({ restored: { ...restored, isPartial } });
  }

  async #restoreOffered(folder: string, operation: Operation): Promise<RestoredCounts> {
    const recovery = join(folder, RECOVERY_FOLDER);
    const { segments, isPartial } = listSegments(this.#options.disk, recovery);
    const restored = await restoreSegments({
      folder: recovery,
      segments,
      take: (record) => this.#take(record),
      segmentDone: (name) => {
        this.#adopt(folder, name);
      },
      operation,
      closing: this.#closing.signal,
    });
    this.#takeMarks(recovery);
    rmSync(recovery, { recursive: true, force: true });
    return { ...restored, isPartial };
  }

  /** A segment that is in memory again is part of this instance's own journal. */
  #adopt(folder: string, name: string): void {
    const path = join(folder, RECOVERY_FOLDER, name);
    const isKept = this.#isWanted && !this.#cleared.has(signalOf(name));
    if (isKept && existsSync(path)) renameSync(path, join(folder, name));
    else rmSync(path, { force: true });
    this.#journal?.adopt();
  }

  #take(record: JournalRecord): IngestResult {
    const { signal, arrivalMs, bytes } = record;
    if (this.#cleared.has(signal)) return NOTHING_TAKEN;
    return this.#options.clock.at(arrivalMs, () =>
      this.#engine.ofThePast('processes', () =>
        this.#engine.ingest(signal, [bytes], bytes.byteLength, 'protobuf'),
      ),
    );
  }

  #takeMarks(folder: string): void {
    try {
      this.#engine.takeMarks(readMarks(folder));
    } catch (error) {
      this.#warn(`Marks could not be read: ${toFailure(error).message}`);
    }
  }

  #fail(reason: string): void {
    const message = `The journal is off: ${reason} What arrives from now on does not survive a crash.`;
    this.#update({ state: 'failed', message });
    this.#warn(message);
  }

  #warn(message: string): void {
    this.#engine.noteRequest({
      timeMs: Date.now(),
      protocol: 'http',
      label: 'JOURNAL',
      outcome: 'warning',
      message,
      bytes: 0,
      items: 0,
      userAgent: '',
    });
    this.#options.onWarning(message);
  }

  #update(changes: Partial<JournalStatus>): void {
    this.#status = { ...this.#status, ...changes };
    this.#options.onChange();
  }
}

/** A smaller batch is written sooner than handed over. */
const LATER_BYTES = 32 * 1024;

/** A batch that is written behind, and who waits for it. */
interface Waiting {
  isKept: boolean;
  tell: (() => void) | undefined;
}

const NOTHING_OFFERED = {
  code: 'notFound',
  message: 'There is no earlier capture to restore.',
} as const;

const NOTHING_TAKEN: IngestResult = {
  ok: true,
  received: 0,
  accepted: 0,
  rejected: 0,
  duplicates: 0,
  rejections: [],
  invalidStrings: 0,
};

/** Moves own segments and marks to where they are offered instead of read. */
function offer(folder: string, segments: readonly { readonly name: string }[]): void {
  const recovery = join(folder, RECOVERY_FOLDER);
  mkdirSync(recovery, { recursive: true, mode: 0o700 });
  const names = [...segments.map(({ name }) => name), ...listMarks(folder)];
  for (const name of names) renameSync(join(folder, name), join(recovery, name));
}

/** What a failing disk leaves behind is found by the next start. */
function removeMarksQuietly(folder: string): void {
  try {
    removeMarks(folder);
  } catch {
    // The journal's own close does the same.
  }
}

function signalOf(name: string): Signal {
  return parseSegmentName(name)?.signal ?? 'traces';
}
