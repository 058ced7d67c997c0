/** A million spans through OTLP/HTTP: nothing is lost uncounted, memory stays bounded, reads go on. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusMeta } from '../../proto/live/topics.ts';
import { httpLoad, times, type Sent } from '../support/http-load.ts';
import { startProgram, type Program } from '../support/program.ts';
import { spanBody } from '../support/span-bodies.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SPANS = 1_000_000;
const SPANS_EACH = 512;
const REQUESTS = Math.ceil(SPANS / SPANS_EACH);
const MEMORY_MB = 256;
/** The program itself takes some 90, and what was read lies about until it is collected. */
const BEYOND_BUDGET_MB = 260;
const ANSWER_MS = 100;

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1000;
}

describe('a million spans', () => {
  let program: Program;
  let sent: Sent;
  let peakMb = 0;
  const answersMs: number[] = [];

  beforeAll(async () => {
    program = await startProgram(ROOT, ['--memory', `${MEMORY_MB}MB`]);
    const bodies = Array.from({ length: 16 }, (_, index) => spanBody(SPANS_EACH, index + 1));
    let next = 0;
    let sending = true;
    const load = httpLoad({
      port: program.httpPort,
      connections: 4,
      more: times(REQUESTS),
      headers: '',
      next: () => {
        const body = bodies[next++ % bodies.length];
        body.freshen();
        return body.bytes;
      },
    }).finally(() => {
      sending = false;
    });
    while (sending) {
      const asked = performance.now();
      await (await program.api('/api/v1/traces?limit=50')).json();
      answersMs.push(performance.now() - asked);
      peakMb = Math.max(peakMb, residentMb(program.ready.pid));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    sent = await load;
  });

  afterAll(async () => {
    await program.stop();
  });

  it('acknowledges every request', () => {
    expect(sent).toMatchObject({ requests: REQUESTS, refused: 0 });
  });

  it('accounts for every span', async () => {
    const status = (await (await program.api('/api/v1/status')).json()) as StatusMeta;
    const { received, kept, evicted, rejected, duplicates } = status.signals.spans;
    expect(received).toBe(REQUESTS * SPANS_EACH);
    expect(kept + evicted + rejected + duplicates).toBe(received);
    expect({ rejected, duplicates }).toEqual({ rejected: 0, duplicates: 0 });
    expect(evicted).toBeGreaterThan(0);
  });

  it.runIf(process.platform === 'linux')('stays within the memory given', () => {
    expect(peakMb).toBeLessThan(MEMORY_MB + BEYOND_BUDGET_MB);
  });

  it('answers the page while it receives', () => {
    const sorted = [...answersMs].sort((a, b) => a - b);
    expect(sorted[sorted.length >> 1]).toBeLessThan(ANSWER_MS);
  });
});
