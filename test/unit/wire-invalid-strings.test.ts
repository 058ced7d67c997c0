/** Strings that are not UTF-8: which bytes are, and how many strings of a request are not. */
import { isUtf8 as nodeIsUtf8 } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../electron/engine/config.ts';
import { StringCheck } from '../../electron/engine/store/string-check.ts';
import { countInvalidStrings } from '../../electron/engine/wire/invalid-strings.ts';
import { isUtf8 } from '../../electron/engine/wire/utf8.ts';
import { encodeRequest } from '../support/otlp/proto-root.ts';
import { seeded } from '../support/span-bodies.ts';

const BROKEN = Buffer.from([0x63, 0x61, 0x66, 0xc3]); // "caf" and half of an é.

/** A request whose strings XXXX are broken. */
function broken(signal: 'traces' | 'logs', request: Parameters<typeof encodeRequest>[1]): Buffer {
  const body = Buffer.from(encodeRequest(signal, request));
  for (let at = body.indexOf('XXXX'); at >= 0; at = body.indexOf('XXXX')) BROKEN.copy(body, at);
  return body;
}

const traceOf = (spans: number): Buffer =>
  broken('traces', {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'XXXX', value: { stringValue: 'plain' } }] },
        scopeSpans: [
          {
            spans: Array.from({ length: spans }, () => ({
              // Ids are bytes: what they hold is no text.
              traceId: Buffer.alloc(16, 0xff),
              spanId: Buffer.alloc(8, 0xff),
              name: 'grüß 🙂',
              events: [{ name: 'XXXX' }],
            })),
          },
        ],
      },
    ],
  });

describe('UTF-8', () => {
  it('is what node:buffer says it is, for short and long bytes', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seeded(seed);
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf];
    edges.push(0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff);
    for (let round = 0; round < 50_000; round++) {
      const padding = random() < 0.01 ? 300 : 0;
      const length = 1 + Math.floor(random() * 6);
      const drawn = Array.from({ length }, () => edges[Math.floor(random() * edges.length)] ?? 0);
      const bytes = Buffer.from([...drawn, ...new Uint8Array(padding)]);
      expect(isUtf8(bytes, 0, bytes.length), `seed ${seed}: ${bytes.toString('hex')}`).toBe(
        nodeIsUtf8(bytes),
      );
    }
  });
});

describe('strings that are not UTF-8', () => {
  it('are counted in items, in what items share, and not in ids', () => {
    expect(countInvalidStrings('traces', traceOf(3))).toBe(4);
  });

  it('are counted in values at any depth', () => {
    const value = { kvlistValue: { values: [{ key: 'XXXX', value: { stringValue: 'XXXX' } }] } };
    const body = {
      arrayValue: { values: [value, { stringValue: 'XXXX' }, { bytesValue: BROKEN }] },
    };
    const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body }] }] }] };
    expect(countInvalidStrings('logs', broken('logs', request))).toBe(3);
  });

  it('are counted up to where bytes are malformed, and behind the message that holds them', () => {
    const body = traceOf(2);
    // The length of the first event's name reaches past the event.
    const name = body.indexOf(BROKEN, body.indexOf('grüß'));
    body[name - 1] = 0x7f;
    expect(countInvalidStrings('traces', body)).toBe(2);
  });
});

describe('the check of strings', () => {
  /** A clock on which each look at it takes a while. */
  const slowClock = (stepMs: number): Clock & { ms: number } => ({
    ms: 0,
    nowMs: () => 0,
    ticksMs() {
      return (this.ms += stepMs);
    },
  });

  it('leaves requests out when it took its share of the time, and says how much', () => {
    const clock = slowClock(20);
    const check = new StringCheck(clock);
    const body = traceOf(1);
    const found = Array.from({ length: 10 }, () => check.take('traces', body));
    const looked = found.filter((strings) => strings > 0).length;
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(10);
    expect(check.counts).toEqual({
      strings: 2 * looked,
      uncheckedBytes: (10 - looked) * body.length,
    });
    clock.ms += 60_000;
    expect(check.take('traces', body)).toBe(2);
  });

  it('leaves out a body that would hold the thread up', () => {
    const check = new StringCheck(slowClock(0));
    const body = traceOf(40_000);
    expect(check.take('traces', body)).toBe(0);
    expect(check.counts).toEqual({ strings: 0, uncheckedBytes: body.length });
  });
});
