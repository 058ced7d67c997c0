/** Reading a stream of chunks by lengths, by lines, and through gunzip. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** Inflated chunks of this size cost the fewest turns. */
const INFLATE_CHUNK_BYTES = 256 * 1024;

/** Takes bytes from chunks by length. Memory: the chunks that hold what was asked for. */
export class ByteSource {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #isEnded = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Up to `count` bytes from the front, without taking them; fewer only at the end. */
  async peek(count: number): Promise<Uint8Array> {
    await this.#fill(count);
    const joined = this.#joined();
    return joined.subarray(0, count);
  }

  /** Takes exactly `count` bytes; undefined (and nothing taken) when fewer are left. */
  async take(count: number): Promise<Uint8Array | undefined> {
    await this.#fill(count);
    if (this.#buffered < count) return undefined;
    const joined = this.#joined();
    const rest = joined.subarray(count);
    this.#chunks = rest.byteLength > 0 ? [rest] : [];
    this.#buffered = rest.byteLength;
    return joined.subarray(0, count);
  }

  /** Bytes that are buffered and not taken. At the end of the source: all that is left. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Everything from here on, chunk by chunk. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#buffered = 0;
    yield* chunks;
    if (this.#isEnded) return;
    for (;;) {
      const next = await this.#iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  }

  /** Ends the source early. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #fill(count: number): Promise<void> {
    while (this.#buffered < count && !this.#isEnded) {
      const next = await this.#iterator.next();
      if (next.done === true) this.#isEnded = true;
      else if (next.value.byteLength > 0) {
        this.#chunks.push(next.value);
        this.#buffered += next.value.byteLength;
      }
    }
  }

  #joined(): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const joined = Buffer.concat(this.#chunks, this.#buffered);
    this.#chunks = [joined];
    return joined;
  }
}

/** The inflated bytes. What a cut or corrupt stream gives before the fault is yielded first. */
export async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unzip = createGunzip({ chunkSize: INFLATE_CHUNK_BYTES });
  const pump = pipeline(Readable.from(source, { objectMode: false }), unzip);
  pump.catch(() => undefined); // The loop below throws the same error.
  for await (const chunk of unzip) yield chunk as Uint8Array;
  await pump;
}

/** One line without its LF. `bytes` is undefined when it is longer than the limit. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
}

/** Splits at LF. Line numbers count from 1; a last line without LF counts, an empty one does not. */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<Line, void, undefined> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const finish = (): Line => {
    const bytes = length > maxLineBytes ? undefined : join(parts, length);
    parts = [];
    length = 0;
    return { number: number++, bytes };
  };
  const add = (part: Uint8Array): void => {
    length += part.byteLength;
    if (length > maxLineBytes) parts = [];
    else if (part.byteLength > 0) parts.push(part);
  };
  for await (const chunk of source) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      if (end < 0) break;
      add(chunk.subarray(start, end));
      yield finish();
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (length > 0) yield finish();
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts, length);
}
