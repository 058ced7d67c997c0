/**
 * A stream of bytes over one MessagePort, pulled by its reader, so that neither side ever holds more
 * than WINDOW_CHUNKS chunks.
 *
 * ```
 *   reader                          writer
 *     pull {chunks: n} ─────────────▶
 *     ◀───────────── chunk {bytes}  at most as many as were pulled
 *     ◀───────────── end | fail {error}
 *     done {result} ────────────────▶   the reader's answer, after the end
 *     stop {error} ─────────────────▶   the reader wants no more (cancel, or it failed)
 * ```
 * The writer's side rejects with what `stop` says, the reader's with what `fail` says; a port that
 * closes in between fails both.
 */
import type { ControlFailure } from './control.ts';
import { HostFailure, toFailure } from './failure.ts';
import { listenPort, wholeBuffer, type MessagePortLike } from './message-port.ts';

/** Chunks a reader asks for ahead. */
const WINDOW_CHUNKS = 4;
/** The longest chunk posted, in bytes; longer writes are cut. */
export const CHUNK_BYTES = 256 * 1024;

type ReaderMessage =
  | { readonly type: 'pull'; readonly chunks: number }
  | { readonly type: 'done'; readonly result: unknown }
  | { readonly type: 'stop'; readonly error: ControlFailure };

type WriterMessage =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'fail'; readonly error: ControlFailure };

const CLOSED: ControlFailure = {
  code: 'failed',
  message: 'The other side of the stream ended before it was complete.',
};

/**
 * Writes all bytes of `source` to the port's reader and resolves with the reader's answer. Rejects
 * with HostFailure when the reader stops or the port closes; the source is then returned (closed).
 * An error of the source, and an abort of `signal`, are passed on to the reader and reject here too.
 */
export async function writeStream(
  port: MessagePortLike,
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<unknown> {
  const writer = new StreamWriter(port);
  signal?.addEventListener('abort', () => {
    writer.cancel();
  });
  try {
    for await (const bytes of source) {
      for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
        await writer.write(bytes.subarray(start, start + CHUNK_BYTES));
      }
      writer.throwIfStopped();
    }
  } catch (error) {
    writer.fail(toFailure(error));
    throw error;
  }
  return writer.end();
}

class StreamWriter {
  readonly #port: MessagePortLike;
  #credit = 0;
  #stopped: HostFailure | undefined;
  #cancelled: HostFailure | undefined;
  #isDone = false;
  #result: unknown;
  #wake: (() => void) | undefined;

  constructor(port: MessagePortLike) {
    this.#port = port;
    listenPort(
      port,
      (value) => {
        this.#onMessage(value as ReaderMessage);
      },
      () => {
        if (!this.#isDone) this.#stopped ??= new HostFailure(CLOSED);
        this.#wake?.();
      },
    );
  }

  async write(bytes: Uint8Array): Promise<void> {
    while (this.#credit === 0 && !this.#isOver) await this.#event();
    this.throwIfStopped();
    this.#credit--;
    this.#post({ type: 'chunk', bytes: wholeBuffer(bytes) });
  }

  throwIfStopped(): void {
    const failure = this.#stopped ?? this.#cancelled;
    if (failure !== undefined) throw failure;
  }

  cancel(): void {
    this.#cancelled = new HostFailure({ code: 'cancelled', message: 'It was cancelled.' });
    this.#wake?.();
  }

  async end(): Promise<unknown> {
    this.throwIfStopped();
    this.#post({ type: 'end' });
    while (!this.#isDone && !this.#isOver) await this.#event();
    this.#port.close();
    this.throwIfStopped();
    return this.#result;
  }

  /** The reader closes the port when it has read this. */
  fail(error: ControlFailure): void {
    if (this.#stopped === undefined) this.#post({ type: 'fail', error });
    else this.#port.close();
  }

  get #isOver(): boolean {
    return this.#stopped !== undefined || this.#cancelled !== undefined;
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #post(message: WriterMessage): void {
    this.#port.postMessage(message);
  }

  #onMessage(message: ReaderMessage): void {
    switch (message.type) {
      case 'pull':
        this.#credit += message.chunks;
        break;
      case 'done':
        this.#isDone = true;
        this.#result = message.result;
        break;
      case 'stop':
        this.#stopped ??= new HostFailure(message.error);
        break;
    }
    this.#wake?.();
  }
}

/**
 * Reads a stream that wants no answer: after the last byte the writer's promise resolves with null;
 * leaving the loop early stops the writer with `cancelled`, and so does an abort of `signal`, which
 * fails the loop too, also while it waits.
 */
export async function* readStream(
  port: MessagePortLike,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new StreamReader(port);
  signal?.addEventListener('abort', () => {
    reader.stop({ code: 'cancelled', message: 'It was cancelled.' });
  });
  try {
    yield* reader;
    reader.done(null);
  } finally {
    // Without effect when it is done.
    reader.stop({ code: 'cancelled', message: 'The reader stopped.' });
  }
}

/**
 * The reading end of a stream; iterate it once. Its owner ends it with `done` (after the last byte)
 * or with `stop` (any time), whatever became of the iteration.
 */
export class StreamReader implements AsyncIterable<Uint8Array> {
  readonly #port: MessagePortLike;
  readonly #chunks: Uint8Array[] = [];
  #isEnded = false;
  #isOver = false;
  #failure: HostFailure | undefined;
  #wake: (() => void) | undefined;

  constructor(port: MessagePortLike) {
    this.#port = port;
    listenPort(
      port,
      (value) => {
        this.#onMessage(value as WriterMessage);
      },
      () => {
        if (!this.#isEnded) this.#failure ??= new HostFailure(CLOSED);
        this.#wake?.();
      },
    );
    this.#post({ type: 'pull', chunks: WINDOW_CHUNKS });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const bytes = this.#chunks.shift();
      if (bytes !== undefined) {
        this.#post({ type: 'pull', chunks: 1 });
        yield bytes;
      } else if (this.#failure !== undefined) {
        throw this.#failure;
      } else if (this.#isEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** Answers the writer after the last byte. */
  done(result: unknown): void {
    this.#finish({ type: 'done', result });
  }

  /** Tells the writer that no more is wanted; a reading loop ends with this failure. */
  stop(error: ControlFailure): void {
    this.#failure ??= new HostFailure(error);
    this.#wake?.();
    this.#finish({ type: 'stop', error });
  }

  #finish(message: ReaderMessage): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#port.postMessage(message);
    // The writer closes the port when it has read the answer: closing here might overtake it.
  }

  #post(message: ReaderMessage): void {
    if (!this.#isOver) this.#port.postMessage(message);
  }

  #onMessage(message: WriterMessage): void {
    switch (message.type) {
      case 'chunk':
        this.#chunks.push(message.bytes);
        break;
      case 'end':
        this.#isEnded = true;
        break;
      case 'fail':
        this.#failure ??= new HostFailure(message.error);
        this.#isOver = true;
        this.#port.close();
        break;
    }
    this.#wake?.();
  }
}
