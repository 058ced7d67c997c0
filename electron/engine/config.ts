/** What the engine is given: it reads no clock, timer, file or socket of its own. */
import type { StatusMeta } from '../../proto/live/topics.ts';
import type { Signal } from '../../proto/otlp/signal.ts';

export interface Clock {
  /** ms since the Unix epoch. */
  nowMs(): number;
  /** Monotonic ms. */
  ticksMs(): number;
}

export interface Scheduler {
  /** Runs `task` once after `delayMs`; the result cancels it. */
  after(delayMs: number, task: () => void): () => void;
  /** Runs `task` soon, after pending input was handled. */
  soon(task: () => void): void;
}

export interface EngineOptions {
  /** Budget for raw bytes, columns and indexes together. */
  readonly memoryBytes: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Unique per engine start. */
  readonly engineId: string;
  /** Product version, for the welcome and the status. */
  readonly version: string;
  /** Told after a client cleared a signal or all; what is still kept then (pinned traces) stays. */
  readonly onCleared?: (signal: Signal | 'all') => void;
}

/** Why a body was refused as a whole. One table maps these to HTTP and gRPC status (receiver). */
export type RefusalCode = 'malformed' | 'tooLarge' | 'tooDeep' | 'unsupported';

/** Items refused alone inside a good body, by reason. */
export interface Rejection {
  readonly reason: string;
  readonly count: number;
}

export type IngestResult =
  | {
      readonly ok: true;
      /** Items in the body, and what became of them: received = accepted + rejected + duplicates. */
      readonly received: number;
      readonly accepted: number;
      readonly rejected: number;
      readonly duplicates: number;
      readonly rejections: readonly Rejection[];
      /** Strings that are not UTF-8, kept as they are; 0 too when nobody looked (store/string-check.ts). */
      readonly invalidStrings: number;
    }
  | {
      readonly ok: false;
      readonly code: RefusalCode;
      /** What is wrong, and where: "field 3 of Span at byte 117 reaches past the end". */
      readonly message: string;
      /** Byte offset in the body; -1 when it has no place. */
      readonly offset: number;
    };

export type BodyEncoding = 'protobuf' | 'json';

/** What the host adds to the status: it owns sockets, long operations and the journal, if any. */
export type HostStatus = Pick<StatusMeta, 'receivers' | 'operations'> &
  Partial<Pick<StatusMeta, 'journal'>>;
