/** Small telemetry for tests, sent as OTLP/JSON over HTTP like any SDK would. */
import { randomBytes } from 'node:crypto';

export interface SentTrace {
  readonly traceId: string;
  /** Span ids, root first. */
  readonly spanIds: readonly string[];
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Posts an OTLP/JSON body; throws unless it is answered 200. */
export async function post(httpPort: number, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
}

function resource(service: string): object {
  return { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
}

/**
 * Sends one trace: a root named `name` and `spans - 1` spans below it, four wide, each shorter than
 * its parent. Resolves when the receiver acknowledged all of it.
 */
export async function sendTrace(
  httpPort: number,
  name: string,
  spans = 5,
  service = 'tester',
): Promise<SentTrace> {
  const traceId = hex(16);
  const spanIds = Array.from({ length: spans }, () => hex(8));
  const start = BigInt(Date.now()) * 1_000_000n;
  const ranges: [bigint, bigint][] = [[start, start + 1_000_000_000n]];
  const made = spanIds.map((spanId, index) => {
    const parent = index === 0 ? -1 : (index - 1) >> 2;
    if (index > 0) {
      const [from, to] = ranges[parent];
      const share = (to - from) / 4n;
      const begin = from + BigInt((index - 1) & 3) * share;
      ranges.push([begin, begin + (share * 9n) / 10n]);
    }
    return {
      traceId,
      spanId,
      ...(parent >= 0 && { parentSpanId: spanIds[parent] }),
      name: index === 0 ? name : `step ${index}`,
      kind: 1,
      startTimeUnixNano: String(ranges[index][0]),
      endTimeUnixNano: String(ranges[index][1]),
      attributes: [{ key: 'step', value: { intValue: String(index) } }],
    };
  });
  const BATCH = 5000;
  for (let at = 0; at < made.length; at += BATCH) {
    await post(httpPort, '/v1/traces', {
      resourceSpans: [
        { resource: resource(service), scopeSpans: [{ spans: made.slice(at, at + BATCH) }] },
      ],
    });
  }
  return { traceId, spanIds };
}

/** Sends `bodies` as log records, oldest first; with a trace, as records of its root span. */
export async function sendLogs(
  httpPort: number,
  bodies: readonly string[],
  trace?: SentTrace,
): Promise<void> {
  const now = BigInt(Date.now()) * 1_000_000n;
  await post(httpPort, '/v1/logs', {
    resourceLogs: [
      {
        resource: resource('tester'),
        scopeLogs: [
          {
            logRecords: bodies.map((body, index) => ({
              timeUnixNano: String(now + BigInt(index)),
              severityNumber: 9,
              severityText: 'INFO',
              body: { stringValue: body },
              ...(trace && { traceId: trace.traceId, spanId: trace.spanIds[0] }),
            })),
          },
        ],
      },
    ],
  });
}
