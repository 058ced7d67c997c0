/** The topics around all screens: status, services and the receiver log. No columns. */
import type { ItemKind } from '../otlp/signal.ts';

/** received = kept + evicted + rejected + duplicates, at every moment. */
export interface ItemCounts {
  readonly received: number;
  readonly kept: number;
  /** No longer kept: for the memory limit, or because a person cleared them. */
  readonly evicted: number;
  /** The part of `evicted` that a person cleared. */
  readonly cleared: number;
  readonly rejected: number;
  readonly duplicates: number;
}

export type ReceiverProtocol = 'http' | 'grpc';

export interface ReceiverState {
  readonly protocol: ReceiverProtocol;
  readonly state: 'starting' | 'listening' | 'taken' | 'failed' | 'stopped';
  /** The port asked for, or the one bound when 0 was asked for. */
  readonly port: number;
  /** Addresses bound, e.g. 127.0.0.1 and ::1. */
  readonly hosts: readonly string[];
  /** What happened and what to do, when not listening. */
  readonly message: string;
}

/** A long piece of work that a person may watch and cancel: an export, an import, a restore. */
export interface OperationState {
  readonly id: number;
  readonly kind: 'export' | 'import' | 'restore';
  readonly label: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** Bytes handled so far; of `totalBytes`, 0 when that is not known. */
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly items: number;
  readonly message: string;
}

/** What a restore brought back. */
export interface RestoredCounts extends Readonly<Record<ItemKind, number>> {
  /** Bytes of the journal that were cut off or damaged. */
  readonly lostBytes: number;
  /** The journal had failed before the end, so that what came later was not in it. */
  readonly isPartial: boolean;
}

/** How captures outlive a crash. */
export interface JournalStatus {
  /** `off` by choice; `failed` by an error, which `message` tells with what follows from it. */
  readonly state: 'off' | 'on' | 'failed';
  readonly message: string;
  /** A capture of an earlier run that did not end cleanly, to be restored or discarded; else null. */
  readonly recovery: { readonly bytes: number; readonly startedMs: number } | null;
  /** What this engine took back when it started; null when it started empty. */
  readonly restored: RestoredCounts | null;
}

export const NO_JOURNAL: JournalStatus = {
  state: 'off',
  message: '',
  recovery: null,
  restored: null,
};

export interface StatusMeta {
  readonly version: string;
  readonly uptimeMs: number;
  readonly receivers: readonly ReceiverState[];
  readonly memory: {
    readonly budgetBytes: number;
    readonly usedBytes: number;
    readonly rawBytes: number;
  };
  readonly signals: Readonly<Record<ItemKind, ItemCounts>>;
  /** Items accepted per second over the last two seconds. */
  readonly rates: Readonly<Record<ItemKind, number>>;
  readonly counts: {
    readonly traces: number;
    readonly logRecords: number;
    readonly metrics: number;
    readonly services: number;
    /** Distinct (service, instance or pid) resources seen in memory. */
    readonly processes: number;
  };
  /** Arrival of the oldest data kept, ms since the Unix epoch; null when empty. */
  readonly oldestMs: number | null;
  /** Requests that were refused whole. */
  readonly requestsRefused: number;
  /**
   * Strings that were not UTF-8 when they came: they are shown with replacement characters. Requests
   * of a flood are not looked at; `uncheckedBytes` says how much of them.
   */
  readonly invalidStrings: { readonly strings: number; readonly uncheckedBytes: number };
  readonly operations: readonly OperationState[];
  readonly journal: JournalStatus;
}

export interface SourceService {
  readonly name: string;
  /** First-seen order since start, the base of the colour assignment. */
  readonly index: number;
  readonly language: string;
  readonly sdkVersion: string;
  readonly processes: number;
  readonly spansPerSecond: number;
  readonly logsPerSecond: number;
  readonly spans: number;
  readonly errors: number;
}

export interface SourcesMeta {
  readonly services: readonly SourceService[];
}

export interface RequestEntry {
  readonly ordinal: number;
  readonly timeMs: number;
  readonly protocol: ReceiverProtocol;
  /** What the line leads with: 'OK', '415', 'OPTIONS', 'UNIMPLEMENTED', 'UP'. */
  readonly label: string;
  readonly outcome: 'ok' | 'info' | 'warning' | 'refused';
  /** A sentence; for refused requests with the reason and what to do. */
  readonly message: string;
  readonly bytes: number;
  readonly items: number;
  readonly userAgent: string;
  /** How many equal lines this one stands for. */
  readonly repeats: number;
}

export interface RequestsMeta {
  readonly entries: readonly RequestEntry[];
}
