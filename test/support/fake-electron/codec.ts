/** Structured-clone values as JSON, for the bridge between Node and the page. */

/** Both directions of the encoding. */
export interface Codec {
  encode(value: unknown): unknown;
  decode(value: unknown): unknown;
}

/**
 * Makes a codec. It refers to nothing outside itself, because its source text also runs in the page.
 * What JSON has no form for is tagged: `{$: 'bytes', v: base64}`; plain objects that hold a `$` of
 * their own are tagged too. Functions and other values that structured clone refuses throw.
 */
export function makeCodec(): Codec {
  const encode = (value: unknown): unknown => {
    if (value === undefined) return { $: 'undefined' };
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) };
    if (value instanceof Date) return { $: 'date', v: value.getTime() };
    if (value instanceof ArrayBuffer) {
      return { $: 'buffer', v: toBase64(new Uint8Array(value)) };
    }
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return { $: 'bytes', v: toBase64(bytes) };
    }
    if (Array.isArray(value)) return value.map(encode);
    if (typeof value === 'object') {
      const copy: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) copy[key] = encode(item);
      return '$' in copy ? { $: 'object', v: copy } : copy;
    }
    throw new TypeError('An object could not be cloned.');
  };

  const decode = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decode);
    if (value === null || typeof value !== 'object') return value;
    const tag = '$' in value ? value.$ : undefined;
    const content = 'v' in value ? value.v : undefined;
    if (tag === 'undefined') return undefined;
    if (tag === 'number') return Number(content);
    if (tag === 'bigint') return BigInt(String(content));
    if (tag === 'date') return new Date(Number(content));
    if (tag === 'buffer') return fromBase64(String(content)).buffer;
    if (tag === 'bytes') return fromBase64(String(content));
    const copy: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(tag === 'object' ? Object(content) : value)) {
      copy[key] = decode(item);
    }
    return copy;
  };

  const toBase64 = (bytes: Uint8Array): string => {
    let text = '';
    // fromCharCode takes its characters as arguments, of which engines allow some tens of thousands.
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return btoa(text);
  };

  const fromBase64 = (text: string): Uint8Array => {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return bytes;
  };

  return { encode, decode };
}
