/** Reading a request body under the limits, as the chunks that the socket gave. */
import type { IncomingMessage } from 'node:http';
import { freeBuffers } from './free-buffers.ts';
import { MAX_BODY_BYTES, MAX_IN_FLIGHT_BYTES } from './limits.ts';

/** How reading ended. `complete`: chunks are the whole body, right-sized by the socket. */
export type BodyEnd = 'complete' | 'tooLarge' | 'overloaded' | 'aborted';

/** Bytes held for requests in progress, all connections together. */
export class InFlight {
  #bytes = 0;

  /** False when the bytes do not fit; nothing is reserved then. */
  reserve(bytes: number): boolean {
    if (this.#bytes + bytes > MAX_IN_FLIGHT_BYTES) return false;
    this.#bytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/**
 * One body being read. `end` is called once; the chunks belong to the reader until `release`, which
 * gives their bytes back to the budget.
 */
export class BodyReader {
  readonly request: IncomingMessage;
  chunks: Uint8Array[] = [];
  byteLength = 0;
  #isFinished = false;
  readonly #inFlight: InFlight;
  readonly #end: (how: BodyEnd, reader: BodyReader) => void;

  constructor(
    request: IncomingMessage,
    inFlight: InFlight,
    end: (how: BodyEnd, reader: BodyReader) => void,
  ) {
    this.request = request;
    this.#inFlight = inFlight;
    this.#end = end;
    request.on('data', this.#onData);
    request.on('end', this.#onEnd);
    request.on('close', this.#onClose);
    request.on('error', this.#onClose);
  }

  /** Frees the chunks. Only once the body has been ingested or refused. */
  release(): void {
    this.#inFlight.release(this.byteLength);
    freeBuffers(this.chunks);
    this.chunks = [];
    this.byteLength = 0;
  }

  #onData = (chunk: Uint8Array): void => {
    // The rest of a body that was refused is dropped.
    if (this.#isFinished) return;
    if (this.byteLength + chunk.byteLength > MAX_BODY_BYTES) {
      this.#finish('tooLarge');
    } else if (this.#inFlight.reserve(chunk.byteLength)) {
      this.chunks.push(chunk);
      this.byteLength += chunk.byteLength;
    } else {
      this.#finish('overloaded');
    }
  };

  #onEnd = (): void => this.#finish('complete');

  /** `close` without `end`, or a socket error: the client went away in the middle. */
  #onClose = (): void => this.#finish('aborted');

  /** The listeners stay: an error without one would end the process, and taking five off costs more. */
  #finish(how: BodyEnd): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#end(how, this);
  }
}
