/** Sends the test trace through the process's own OTLP/HTTP port, as an SDK would. */
import { request } from 'node:http';
import { LiveFailure } from '../../../proto/live/protocol.ts';
import type { ReceiverState } from '../../../proto/live/topics.ts';
import { HTTP_PATH } from '../../../proto/otlp/signal.ts';
import { buildTestTrace } from './test-trace.ts';

const TIMEOUT_MS = 5000;

/** Returns the trace id when both bodies were acknowledged. Rejects with LiveFailure. */
export async function postTestTrace(
  receivers: readonly ReceiverState[],
  version: string,
): Promise<string> {
  const http = receivers.find((state) => state.protocol === 'http' && state.state === 'listening');
  const host = http?.hosts[0];
  if (http === undefined || host === undefined) {
    throw new LiveFailure({
      code: 'failed',
      message: 'The OTLP/HTTP port is not listening, so there is nothing to send to.',
    });
  }
  const { traceId, traces, logs } = buildTestTrace(Date.now());
  const userAgent = `Flametail-Test-Trace/${version}`;
  await post(host, http.port, HTTP_PATH.traces, userAgent, traces);
  await post(host, http.port, HTTP_PATH.logs, userAgent, logs);
  return traceId;
}

function post(
  host: string,
  port: number,
  path: string,
  userAgent: string,
  body: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      reject(new LiveFailure({ code: 'failed', message: `The test trace was not taken: ${why}` }));
    };
    const sent = request(
      {
        // A wildcard address is not one to send to.
        host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host,
        port,
        path,
        method: 'POST',
        timeout: TIMEOUT_MS,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': userAgent,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else fail(`the receiver answered ${response.statusCode ?? 'nothing'}.`);
        });
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer within 5 seconds')));
    sent.on('error', (error) => {
      fail(`${error.message}.`);
    });
    sent.end(body);
  });
}
