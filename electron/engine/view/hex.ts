/** Ids between bytes, halves and lower-case hex. */

/** Writes the bytes of lower-case hex into `target` from `at` on. */
export function hexInto(target: Uint8Array, at: number, hex: string): void {
  for (let i = 0; i < hex.length; i += 2) {
    target[at + i / 2] = (digit(hex, i) << 4) | digit(hex, i + 1);
  }
}

/** The two uint32 halves of a span id of 16 hex characters. */
export function idHalves(spanId: string): { readonly hi: number; readonly lo: number } {
  return { hi: parseInt(spanId.slice(0, 8), 16), lo: parseInt(spanId.slice(8, 16), 16) };
}

/** A span id of two halves as 16 hex characters; '' for zero. */
export function spanIdText(hi: number, lo: number): string {
  if ((hi | lo) === 0) return '';
  return (hi >>> 0).toString(16).padStart(8, '0') + (lo >>> 0).toString(16).padStart(8, '0');
}

function digit(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code <= 0x39 ? code - 0x30 : code - 0x57;
}
