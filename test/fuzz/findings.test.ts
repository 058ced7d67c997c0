/** What campaigns have found, cut down. */
import { describe, expect, it } from 'vitest';
import type { Signal } from '../../proto/otlp/signal.ts';
import { createEngine } from '../support/live-engine.ts';

/** A length-delimited field of less than 128 bytes. */
const field = (number: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);

const IDS = Buffer.concat([field(1, Buffer.alloc(16, 7)), field(2, Buffer.alloc(8, 7))]);
const inRequest = (item: Buffer): Buffer => field(1, field(2, field(2, item)));

describe('a tag in more bytes than it needs', () => {
  const items: readonly (readonly [Signal, number, (more: Buffer) => Buffer])[] = [
    ['traces', 2, (more) => inRequest(Buffer.concat([IDS, more]))],
    ['logs', 10, (more) => inRequest(more)],
    ['metrics', 7, (more) => inRequest(field(5, field(1, more)))],
  ];

  // Every reader has to see the same fields: a span with two ids was exported with the other one.
  it.each(items)('is refused in items of %s, with its field', (signal, number, build) => {
    for (let more = 1; more <= 6; more++) {
      const { engine } = createEngine();
      const tag = [(number << 3) | 2 | 0x80, ...Array<number>(more - 1).fill(0x80), 0];
      const body = build(Buffer.from([...tag, 3, 1, 2, 3]));
      const result = engine.ingest(signal, [body], body.length, 'protobuf');
      expect(result).toMatchObject({ ok: false, code: 'malformed' });
      const message = result.ok ? '' : result.message;
      expect(message).toContain(`the tag of field ${number} is longer than it needs to be`);
    }
  });
});
