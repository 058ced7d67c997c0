/**
 * Export requests of spans for load: realistic attributes, and ids that are rewritten in place for
 * every send, because a receiver that drops duplicates would otherwise be measured dropping them.
 */
import { encodeRequest } from './otlp/proto-root.ts';

const MARK_A = 0xf17a3e00;
const SPANS_PER_TRACE = 32;

/** A small seeded generator (mulberry32): numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface SpanBody {
  readonly bytes: Buffer;
  readonly spans: number;
  /** Where the send's number stands in `bytes`: four bytes, big-endian, of every id. */
  readonly idPlaces: readonly number[];
  /** Writes ids no other send of this process has used; times stay. */
  freshen(): void;
}

/** About 400 bytes a span: eight attributes, HTTP and database like. */
export function spanBody(spans: number, seed: number): SpanBody {
  const random = seeded(seed);
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const made = Array.from({ length: spans }, (_, index) => {
    const start = nowNs - BigInt(Math.floor(random() * 5e9));
    const spanId = idBytes(8, index);
    const first = index % SPANS_PER_TRACE === 0;
    return {
      traceId: idBytes(16, index - (index % SPANS_PER_TRACE)),
      spanId,
      ...(first ? {} : { parentSpanId: idBytes(8, index - (index % SPANS_PER_TRACE)) }),
      name: ['GET /api/cart', 'SELECT stock', 'POST /charges', 'validate', 'render'][index % 5],
      kind: 1 + (index % 5),
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(Math.floor(random() * 2e8))),
      attributes: attributes(random),
      status: random() < 0.02 ? { code: 2, message: 'upstream answered 503' } : {},
    };
  });
  const bytes = Buffer.from(
    encodeRequest('traces', {
      resourceSpans: [
        {
          resource: {
            attributes: [
              { key: 'service.name', value: { stringValue: `load-${seed % 8}` } },
              { key: 'service.instance.id', value: { stringValue: `load-${seed % 8}-1` } },
            ],
          },
          scopeSpans: [{ scope: { name: 'load', version: '1.0.0' }, spans: made }],
        },
      ],
    }),
  );
  const idPlaces = placesOfIds(bytes);
  return { bytes, spans, idPlaces, freshen: freshener(bytes, idPlaces) };
}

function attributes(random: () => number): object[] {
  const text = (key: string, value: string): object => ({ key, value: { stringValue: value } });
  return [
    text('http.request.method', random() < 0.7 ? 'GET' : 'POST'),
    text('url.full', `http://shop.local/api/products/${Math.floor(random() * 10_000)}`),
    { key: 'http.response.status_code', value: { intValue: random() < 0.95 ? 200 : 503 } },
    text('server.address', 'shop.local'),
    text('user.id', `u_${Math.floor(random() * 100_000)}`),
    text('db.query.text', 'SELECT sku, on_hand FROM stock WHERE sku = $1 FOR UPDATE'),
    { key: 'order.total', value: { doubleValue: random() * 100 } },
    { key: 'cache.hit', value: { boolValue: random() < 0.5 } },
  ];
}

/** A recognisable id: mark, index, then zeros for a trace id. */
function idBytes(length: number, index: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MARK_A);
  view.setUint32(4, index);
  return bytes;
}

let nextSend = 1;

/** Finds the marks that `idBytes` makes. */
function placesOfIds(bytes: Buffer): number[] {
  const mark = Buffer.alloc(4);
  mark.writeUInt32BE(MARK_A);
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 4)) places.push(at);
  return places;
}

/** Every call writes the send's number over the marks. */
function freshener(bytes: Buffer, places: readonly number[]): () => void {
  return () => {
    const send = nextSend++;
    for (const place of places) {
      bytes[place] = send >>> 24;
      bytes[place + 1] = send >>> 16;
      bytes[place + 2] = send >>> 8;
      bytes[place + 3] = send;
    }
  };
}
