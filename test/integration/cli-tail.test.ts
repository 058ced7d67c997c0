import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkspace, type Served, type Workspace } from '../support/serve-inline.ts';
import { post } from '../support/send.ts';

let workspace: Workspace;
let served: Served;
let port: number;

beforeEach(async () => {
  workspace = await openWorkspace();
  served = await workspace.start();
  port = Number(new URL(served.instance.otlpHttp).port);
});
afterEach(() => workspace.close());

let nextId = 1;

function sendLogs(...bodies: readonly string[]): Promise<void> {
  const logRecords = bodies.map((body) => ({
    timeUnixNano: '1700000000000000000',
    severityNumber: 17,
    body: { stringValue: body },
  }));
  return post(port, '/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
}

function sendSpan(name: string, startNs = 1_700_000_000_000_000_000n): Promise<void> {
  const id = (nextId++).toString(16);
  const span = {
    traceId: id.padStart(32, '0'),
    spanId: id.padStart(16, '0'),
    name,
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + 100_000_000n),
  };
  return post(port, '/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

/** Sends again and again until the tail, which takes a moment to connect, has printed something. */
async function untilPrinting(
  tail: { until(isThere: (out: string) => boolean): Promise<string> },
  send: () => Promise<void>,
): Promise<void> {
  let isPrinting = false;
  const first = tail
    .until((out) => out !== '')
    .then(() => {
      isPrinting = true;
    });
  while (!isPrinting) await send();
  await first;
}

describe('flametail tail', () => {
  it('prints log records as they come, in order, and ends cleanly when asked to', async () => {
    await sendLogs('before');
    const tail = workspace.follow('tail', '--logs');
    await untilPrinting(tail, () => sendLogs('first'));
    await sendLogs('one', 'two \u001b[2J');
    await sendLogs('three');
    const out = await tail.until((text) => text.includes('three'));
    expect(out).not.toContain('before');
    expect(out).toMatch(/error unknown_service one\n.*two \\u\{1b\}\[2J\n.*three\n$/);
    expect((await tail.stop()).exitCode).toBe(0);
  });

  it('loses nothing of a burst that is larger than one frame', async () => {
    const tail = workspace.follow('tail', '--logs', '--json');
    await untilPrinting(tail, () => sendLogs('first'));
    const bodies = Array.from({ length: 3000 }, (_, i) => `burst ${i}`);
    await sendLogs(...bodies);
    const out = await tail.until((text) => text.includes('burst 2999'));
    const printed = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { body: string }).body)
      .filter((body) => body.startsWith('burst'));
    expect(printed).toEqual(bodies);
    await tail.stop();
  });

  it('prints the traces that match, each once, when no more spans come', async () => {
    const tail = workspace.follow('tail', '--traces', '--json', '--query', 'name:wanted*');
    await untilPrinting(tail, async () => {
      await sendSpan('wanted first');
      await sendSpan('other');
    });
    await sendSpan('wanted last');
    const out = await tail.until((text) => text.includes('wanted last'));
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.every(({ type }) => type === 'trace')).toBe(true);
    expect(new Set(lines.map(({ traceId }) => traceId)).size).toBe(lines.length);
    expect(out).not.toContain('other');
    expect((await tail.stop()).exitCode).toBe(0);
  });

  it('says how much of a long body it leaves out', async () => {
    const tail = workspace.follow('tail', '--logs');
    await untilPrinting(tail, () => sendLogs('first'));
    await sendLogs('long '.repeat(500), 'short');
    const out = await tail.until((text) => text.includes('short'));
    expect(out).toMatch(/ long… 1,500 more characters\n|long … 1,500 more characters\n/);
    expect(out).toMatch(/ short\n$/);
    const json = workspace.follow('tail', '--logs', '--json');
    await untilPrinting(json, () => sendLogs('x'.repeat(1001)));
    const [line = ''] = (await json.until((text) => text.includes('\n'))).split('\n');
    expect(JSON.parse(line)).toMatchObject({ body: 'x'.repeat(1000), cut: true, bodyCut: 1 });
    await tail.stop();
    await json.stop();
  });

  it('leaves out what a slow reader cannot follow, says how many, and goes on', async () => {
    const tail = workspace.follow('tail', '--logs');
    await untilPrinting(tail, () => sendLogs('first'));
    const release = tail.holdOutput();
    for (let batch = 0; batch < 5; batch++) {
      await sendLogs(...Array.from({ length: 5000 }, (_, i) => `burst ${batch * 5000 + i}`));
    }
    release();
    await sendLogs('the last one');
    const out = await tail.until((text) => text.includes('the last one'));
    const { err } = await tail.stop();
    const left = [...err.matchAll(/([\d,]+) log records left out: this output is too slow\./g)];
    const missed = left.reduce(
      (sum, [, count = '0']) => sum + Number(count.replaceAll(',', '')),
      0,
    );
    expect(missed).toBeGreaterThan(1000);
    expect(missed + (out.match(/ burst /g)?.length ?? 0)).toBe(25_000);
  });

  it('fits a trace into a line of a narrow terminal', async () => {
    const tail = workspace.followIn(70, 'tail', '--traces', '--no-color');
    await untilPrinting(tail, () =>
      sendSpan(`GET /a/${'very/'.repeat(20)}long/path`, BigInt(Date.now()) * 1_000_000n),
    );
    const [line = ''] = (await tail.until((text) => text.includes('\n'))).split('\n');
    expect(line.length).toBeLessThanOrEqual(70);
    expect(line).toMatch(/GET \/a\/.*… 100 ms, 1 span [0-9a-f]{8}$/);
    await tail.stop();
  });

  it('ends with 0 when its reader goes away', async () => {
    const tail = workspace.follow('tail', '--logs');
    await untilPrinting(tail, () => sendLogs('first'));
    tail.closePipe();
    await sendLogs('nobody reads this');
    expect((await tail.ended).exitCode).toBe(0);
  });

  it('ends with 4 and says so when the instance goes away', async () => {
    const tail = workspace.follow('tail', '--logs');
    await untilPrinting(tail, () => sendLogs('first'));
    await served.stop();
    const { exitCode, err } = await tail.ended;
    expect(exitCode).toBe(4);
    expect(err).toMatch(/^flametail: The instance went away: /);
  });

  it('points at what is wrong in a query', async () => {
    const run = await workspace.run('tail', '--query', 'duration>100');
    expect(run.exitCode).toBe(2);
    expect(run.err).toMatch(/\n {2}duration>100\n {11}\^\^\^\n$/);
    const logs = await workspace.run('tail', '--logs', '--query', '{ name:x }');
    expect(logs.exitCode).toBe(2);
  });
});
