/** A body that comes in parts. */

/** The bytes of `chunks`, in order: the chunk itself when it is the only one, else a copy. */
export function joinChunks(chunks: readonly Uint8Array[], byteLength: number): Uint8Array {
  if (chunks.length === 1 && chunks[0].byteLength === byteLength) return chunks[0];
  const joined = new Uint8Array(byteLength);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}
