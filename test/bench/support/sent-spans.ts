/** Span bodies that remember what they were sent as, so that its traces can be asked for. */
import { spanBody } from '../../support/span-bodies.ts';

const SPANS = 512;
const SPANS_PER_TRACE = 32;
const BODIES = 64;

export class SentSpans {
  readonly #bodies = Array.from({ length: BODIES }, (_, index) => spanBody(SPANS, index + 1));
  /** The number that each body was sent under. */
  #numbers: number[] = [];
  bytes = 0;

  get spans(): number {
    return this.#numbers.length * SPANS;
  }

  get traces(): number {
    return this.spans / SPANS_PER_TRACE;
  }

  /** The next body, with ids that were never used. Valid until 63 more were taken. */
  next(): Uint8Array {
    const body = this.#bodies[this.#numbers.length % BODIES];
    body.freshen();
    this.#numbers.push(body.bytes.readUInt32BE(body.idPlaces[0]));
    this.bytes += body.bytes.byteLength;
    return body.bytes;
  }

  /** The id of the n-th trace that was sent. */
  traceId(n: number): string {
    const perBody = SPANS / SPANS_PER_TRACE;
    const number = this.#numbers[Math.floor(n / perBody)];
    return [number, (n % perBody) * SPANS_PER_TRACE, 0, 0]
      .map((word) => word.toString(16).padStart(8, '0'))
      .join('');
  }

  /** Forgets what was sent; ids go on. */
  restart(): void {
    this.#numbers = [];
    this.bytes = 0;
  }
}
