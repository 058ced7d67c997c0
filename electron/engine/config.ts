/** What the engine is given: it reads no clock, timer, file or socket of its own. */
import type { Mark, StatusMeta } from '../../proto/live/topics.ts';
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

/** A compiled regular expression. `test` looks anywhere in the text; linear in its length. */
export interface RegexTest {
  /** Instructions of the compiled pattern: what a character may cost at worst grows with them. */
  readonly size: number;
  test(text: string): boolean;
}

/**
 * RE2 syntax, given by the host: the time of a match has to be linear, whatever the pattern. Patterns
 * that would be very large are refused.
 */
export interface RegexCompiler {
  compile(
    pattern: string,
  ): ({ readonly ok: true } & RegexTest) | { readonly ok: false; readonly message: string };
}

/**
 * Writes zeros over `bytes`, which are fresh, on another thread, so that their pages are there when they
 * are needed, and calls `done` when it writes no more. `bytes` lie in shared memory.
 */
export type TouchMemory = (bytes: Uint8Array, done: () => void) => void;

export interface EngineOptions {
  /** Budget for raw bytes, columns and indexes together. */
  readonly memoryBytes: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Absent where the host cannot: fresh memory is touched by its first writer then. */
  readonly touch?: TouchMemory | undefined;
  /** For the regular expressions of queries. */
  readonly regex: RegexCompiler;
  /** Unique per engine start. */
  readonly engineId: string;
  /** Product version, for the welcome and the status. */
  readonly version: string;
  /** Told after a client cleared a signal or all; what is still kept then (pinned traces) stays. */
  readonly onCleared?: (signal: Signal | 'all') => void;
  /** Told after every change of the marks, with all there are. */
  readonly onMarks?: (marks: readonly Mark[]) => void;
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
