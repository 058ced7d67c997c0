import { describe, expect, it } from 'vitest';
import { SIGNALS, type Signal } from '../../proto/otlp/signal.ts';
import {
  parseSegmentName,
  readRecords,
  recordHeader,
  segmentHead,
  segmentName,
} from '../../electron/node/capture/journal-format.ts';
import { plain } from '../support/journal-body.ts';

const SALT = 0x5a17_5a17;
const HEAD = segmentHead(SALT, false);

function record(signal: Signal, arrivalMs: number, bytes: Uint8Array, salt = SALT): Uint8Array {
  return Buffer.concat([recordHeader(salt, signal, arrivalMs, plain([bytes])), bytes]);
}

function segmentOf(...texts: readonly string[]): Buffer {
  return Buffer.concat([
    HEAD,
    ...texts.map((text, at) => record('logs', 1000.5 + at, Buffer.from(text))),
  ]);
}

/** The texts that come back, and how many bytes are left over. */
function read(segment: Uint8Array): { texts: string[]; left: number } {
  let left = -1;
  const texts = [...readRecords(segment, (bytes) => (left = bytes))].map((one) =>
    Buffer.from(one.bytes).toString(),
  );
  return { texts, left };
}

describe('journal records', () => {
  it('come back as they were written, with signal and arrival', () => {
    const bytes = Buffer.from('a request');
    for (const [at, signal] of SIGNALS.entries()) {
      const segment = Buffer.concat([HEAD, record(signal, 1.76e12 + at / 4, bytes)]);
      const [back] = readRecords(segment, (left) => {
        expect(left).toBe(0);
      });
      expect(back).toEqual({ signal, arrivalMs: 1.76e12 + at / 4, bytes });
    }
  });

  it('are read up to the last whole one, wherever the segment is torn', () => {
    const whole = segmentOf('first', 'second');
    const firstEnd = segmentOf('first').byteLength;
    for (let cut = 0; cut < whole.byteLength; cut++) {
      const { texts, left } = read(whole.subarray(0, cut));
      expect(texts).toEqual(cut >= firstEnd ? ['first'] : []);
      const kept = cut >= firstEnd ? firstEnd : cut >= HEAD.length ? HEAD.length : 0;
      expect(left).toBe(cut - kept);
    }
    expect(read(whole)).toEqual({ texts: ['first', 'second'], left: 0 });
  });

  it('end before the first one with any wrong bit', () => {
    const whole = segmentOf('first', 'second');
    const firstEnd = segmentOf('first').byteLength;
    for (let at = firstEnd; at < whole.byteLength; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(read(damaged).texts, `byte ${at}`).toEqual(['first']);
    }
  });

  it('are not found in a hole of zeros or in a file of another kind', () => {
    const hole = Buffer.concat([segmentOf('first'), Buffer.alloc(4096)]);
    expect(read(hole)).toEqual({ texts: ['first'], left: 4096 });
    expect(read(Buffer.from('{"not":"ours"}'))).toEqual({ texts: [], left: 14 });
  });
});

describe('records in a file that was used before', () => {
  const written = segmentOf('first', 'second');
  const body = written.subarray(HEAD.byteLength);
  const old = record('logs', 5, Buffer.from('an old record'), SALT + 1);
  const reused = (salt: number, ...parts: readonly Uint8Array[]): Buffer =>
    Buffer.concat([segmentHead(salt, true), ...parts]);

  it('end where those of the earlier segment go on, and nothing is lost', () => {
    for (let cut = 0; cut < old.byteLength; cut++) {
      const { texts, left } = read(reused(SALT, body, old.subarray(cut)));
      expect({ texts, left }).toEqual({ texts: ['first', 'second'], left: 0 });
    }
    expect(read(reused(SALT + 1, body))).toEqual({ texts: [], left: 0 });
  });

  it('lose the record that is torn and nothing of the earlier segment', () => {
    const torn = record('logs', 5, Buffer.alloc(50, 'new'));
    for (let cut = 8; cut < torn.byteLength; cut++) {
      const rest = Buffer.alloc(200, 'old');
      const { texts, left } = read(reused(SALT, body, torn.subarray(0, cut), rest));
      expect({ texts, left }).toEqual({ texts: ['first', 'second'], left: torn.byteLength });
    }
  });
});

describe('segment names', () => {
  it('read back, and sort by age', () => {
    const early = segmentName(999, 7, '00000000', 'traces');
    const late = segmentName(1000, 2, 'ffffffff', 'logs');
    expect(parseSegmentName(early.name)).toEqual(early);
    expect([late.name, early.name].sort()).toEqual([early.name, late.name]);
    expect(parseSegmentName('restoring')).toBeUndefined();
    expect(parseSegmentName(early.name.replace('traces', 'secrets'))).toBeUndefined();
  });
});
