/** Undoing Content-Encoding under the body limit, which is enforced while inflating. */
import { promisify } from 'node:util';
import { gunzip, gunzipSync, inflate, inflateSync, type ZlibOptions } from 'node:zlib';
import { MAX_BODY_BYTES } from './limits.ts';

/** `deflate` is the zlib format, as HTTP says and the Collector reads it. */
export type Compression = 'identity' | 'gzip' | 'deflate';

/** Inflated bytes, or why there are none, as a sentence for the client. */
export type Inflated =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly code: 'tooLarge' | 'badCompression'; readonly message: string };

/**
 * Bodies up to this size are inflated at once: a trip through the thread pool costs more than the
 * work. The output bound keeps the pause near 10 ms whatever the ratio is.
 */
const NOW_WIRE_BYTES = 1024 * 1024;
const NOW_OUTPUT_BYTES = 8 * 1024 * 1024;

/** Few large output chunks: 16 KB, the default, halves the throughput of 200 KB bodies. */
const CHUNK_BYTES = 256 * 1024;
const SMALL_CHUNK_BYTES = 32 * 1024;
const SMALL_WIRE_BYTES = 4 * 1024;

const gunzipLater = promisify(gunzip);
const inflateLater = promisify(inflate);

/** The compression that a Content-Encoding header names; null when it is not one of ours. */
export function parseCompression(header: string | undefined): Compression | null {
  switch (header?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    default:
      return null;
  }
}

/** Inflates a body on the spot; null when it is too large for that. */
export function inflateNow(
  compression: 'gzip' | 'deflate',
  chunks: readonly Uint8Array[],
  byteLength: number,
): Inflated | null {
  if (byteLength > NOW_WIRE_BYTES) return null;
  const options: ZlibOptions = {
    chunkSize: byteLength <= SMALL_WIRE_BYTES ? SMALL_CHUNK_BYTES : CHUNK_BYTES,
    maxOutputLength: NOW_OUTPUT_BYTES,
  };
  const wire = joinChunks(chunks, byteLength);
  try {
    const bytes = compression === 'gzip' ? gunzipSync(wire, options) : inflateSync(wire, options);
    return { ok: true, bytes };
  } catch (error) {
    return isPastLimit(error) ? null : corrupt(compression, error);
  }
}

/** Inflates a body in the thread pool, up to the body limit. Never rejects. */
export async function inflateInPool(
  compression: 'gzip' | 'deflate',
  chunks: readonly Uint8Array[],
  byteLength: number,
): Promise<Inflated> {
  const options: ZlibOptions = { chunkSize: CHUNK_BYTES, maxOutputLength: MAX_BODY_BYTES };
  const wire = joinChunks(chunks, byteLength);
  try {
    const run = compression === 'gzip' ? gunzipLater : inflateLater;
    return { ok: true, bytes: await run(wire, options) };
  } catch (error) {
    if (!isPastLimit(error)) return corrupt(compression, error);
    return { ok: false, code: 'tooLarge', message: 'The body inflates to more than 64 MiB.' };
  }
}

function joinChunks(chunks: readonly Uint8Array[], byteLength: number): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, byteLength);
}

function isPastLimit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function corrupt(compression: string, error: unknown): Inflated {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    ok: false,
    code: 'badCompression',
    message: `The body is not valid ${compression}: ${reason}. Content-Encoding has to name what the body really is.`,
  };
}
