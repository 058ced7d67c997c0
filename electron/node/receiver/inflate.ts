/**
 * Undoing the compression of a body under the body limit, which is enforced while inflating.
 *
 * ```
 *   inflateNow    small bodies, on the spot ──────────────▶ bytes, or null: too large for that
 *   Inflater      the others, in the thread pool or in slices of this thread, few at a time
 * ```
 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Codec } from './compression.ts';
import { MAX_BODY_BYTES, MAX_SLOW_INFLATES } from './limits.ts';
import { Parts, PastLimit, type Slices } from './slices.ts';
import { inflateSnappy, inflateSnappyFramed } from './snappy.ts';
import { inflateZstd, walkFrames, type Frame } from './zstd.ts';

/** Inflated bytes, or why there are none, as a sentence for the client. */
export type Inflated =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly code: 'tooLarge' | 'badCompression'; readonly message: string };

/** Both ways to undo one compression. They throw what the codec throws, or PastLimit. */
export interface Decoder {
  /** Output up to which `now` pauses this thread for 10 ms at most. */
  readonly nowOutputBytes: number;
  now(wire: Uint8Array, maxBytes: number): Uint8Array;
  later(wire: Uint8Array, maxBytes: number): Promise<Uint8Array>;
}

/**
 * Bodies up to this size are inflated at once: a trip through the thread pool costs more than the
 * work.
 */
const NOW_WIRE_BYTES = 1024 * 1024;
const NATIVE_NOW_BYTES = 8 * 1024 * 1024;
const SCRIPT_NOW_BYTES = 1024 * 1024;

/** Few large output chunks: 16 KB, the default, halves the throughput of 200 KB bodies. */
const CHUNK_BYTES = 256 * 1024;
const SMALL_CHUNK_BYTES = 32 * 1024;
const SMALL_WIRE_BYTES = 4 * 1024;

type NativeSync = (wire: Uint8Array, options: zlib.ZlibOptions) => Buffer;
type NativeLater = (wire: Uint8Array, options: zlib.ZlibOptions) => Promise<Buffer>;

function nativeDecoder(now: NativeSync, later: NativeLater): Decoder {
  return {
    nowOutputBytes: NATIVE_NOW_BYTES,
    now: (wire, maxBytes) => now(wire, nativeOptions(wire, maxBytes)),
    later: (wire, maxBytes) => later(wire, nativeOptions(wire, maxBytes)),
  };
}

function nativeOptions(wire: Uint8Array, maxOutputLength: number): zlib.ZlibOptions {
  const isSmall = wire.byteLength <= SMALL_WIRE_BYTES;
  return { chunkSize: isSmall ? SMALL_CHUNK_BYTES : CHUNK_BYTES, maxOutputLength };
}

function scriptDecoder(slices: (wire: Uint8Array, maxBytes: number) => Slices): Decoder {
  return {
    nowOutputBytes: SCRIPT_NOW_BYTES,
    now(wire, maxBytes) {
      const steps = slices(wire, maxBytes);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
      }
    },
    async later(wire, maxBytes) {
      const steps = slices(wire, maxBytes);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/**
 * The zstd of the platform, frame by frame: node:zlib stops after the first one without a word, and
 * its own limit of windows is 128 MiB.
 */
export function nativeZstd(now: NativeSync, later: NativeLater): Decoder {
  const next = (wire: Uint8Array, { from, to }: Frame, left: number) =>
    [wire.subarray(from, to), nativeOptions(wire, Math.max(1, left))] as const;
  return {
    nowOutputBytes: NATIVE_NOW_BYTES,
    now(wire, maxBytes) {
      const parts = new Parts(maxBytes);
      for (const frame of walkFrames(wire, maxBytes))
        parts.add(now(...next(wire, frame, parts.left)));
      return parts.join();
    },
    async later(wire, maxBytes) {
      const parts = new Parts(maxBytes);
      for (const frame of walkFrames(wire, maxBytes)) {
        parts.add(await later(...next(wire, frame, parts.left)));
      }
      return parts.join();
    },
  };
}

/** node:zlib has zstd since 22.15: in the desktop app, and not in every Node of browser mode. */
function zstdDecoder(): Decoder {
  const now: unknown = Reflect.get(zlib, 'zstdDecompressSync');
  const later: unknown = Reflect.get(zlib, 'zstdDecompress');
  return typeof now === 'function' && typeof later === 'function'
    ? nativeZstd(now as NativeSync, promisify(later as typeof zlib.gunzip))
    : scriptDecoder(inflateZstd);
}

const DECODERS: Readonly<Record<Codec, Decoder>> = {
  gzip: nativeDecoder(zlib.gunzipSync, promisify(zlib.gunzip)),
  deflate: nativeDecoder(zlib.inflateSync, promisify(zlib.inflate)),
  zstd: zstdDecoder(),
  snappy: scriptDecoder(inflateSnappy),
  snappyFramed: scriptDecoder(inflateSnappyFramed),
};

/** Inflates a body on the spot; null when it is too large for that. Never throws. */
export function inflateNow(
  codec: Codec,
  chunks: readonly Uint8Array[],
  byteLength: number,
): Inflated | null {
  if (byteLength > NOW_WIRE_BYTES) return null;
  const decoder = DECODERS[codec];
  try {
    const wire = joinChunks(chunks, byteLength);
    return { ok: true, bytes: decoder.now(wire, decoder.nowOutputBytes) };
  } catch (error) {
    return isPastLimit(error) ? null : corrupt(codec, error);
  }
}

/**
 * Inflates large bodies, MAX_SLOW_INFLATES at a time: what comes out may be a thousand times what
 * came in, and those that wait hold only what came in, which the budget of bodies bounds.
 */
export class Inflater {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Inflates a body in its turn. Never rejects. The chunks are the caller's until it resolves. */
  async inflate(
    codec: Codec,
    chunks: readonly Uint8Array[],
    byteLength: number,
  ): Promise<Inflated> {
    if (this.#running === MAX_SLOW_INFLATES) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      const wire = joinChunks(chunks, byteLength);
      return { ok: true, bytes: await DECODERS[codec].later(wire, MAX_BODY_BYTES) };
    } catch (error) {
      return isPastLimit(error)
        ? { ok: false, code: 'tooLarge', message: 'The body inflates to more than 64 MiB.' }
        : corrupt(codec, error);
    } finally {
      // The next in line takes the place over, so that none that comes just now gets it first.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

function joinChunks(chunks: readonly Uint8Array[], byteLength: number): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, byteLength);
}

function isPastLimit(error: unknown): boolean {
  if (error instanceof PastLimit) return true;
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function corrupt(codec: Codec, error: unknown): Inflated {
  const name = codec === 'snappyFramed' ? 'framed snappy' : codec;
  const reason = error instanceof Error ? error.message : String(error);
  return {
    ok: false,
    code: 'badCompression',
    message: `The body is not valid ${name}: ${reason}. The compression header has to name what the body really is.`,
  };
}
