/** One exchange with a served program, and the check of its counters: what the socket targets share. */
import { request, type Agent, type OutgoingHttpHeaders } from 'node:http';
import type { StatusMeta } from '../../proto/live/topics.ts';
import { rawRequest, type Served } from '../support/serve-inline.ts';
import { assertFact } from './finding.ts';

/** An exchange whose client has said all it has to say; generous, as it is only there to name a hang. */
export const HANG_MS = 30_000;

/** A POST to the OTLP/HTTP port. */
export interface Posted {
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** The status that a POST is answered with. Rejects when there is no answer. */
export function exchange({ instance }: Served, agent: Agent, posted: Posted): Promise<number> {
  const { path, headers, body } = posted;
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, instance.otlpHttp),
      {
        ...{ method: 'POST', agent, timeout: HANG_MS },
        headers: { ...headers, 'content-length': body.byteLength },
      },
      (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          resolve(response.statusCode ?? 0);
        });
      },
    );
    sent.on('timeout', () => {
      sent.destroy(new Error(`no answer to ${path} ${JSON.stringify(headers)}`));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Nothing that came has upset a count, and the engine is the first one. */
export async function checkCounts({ instance, spawner }: Served): Promise<void> {
  const headers = { authorization: `Bearer ${instance.token}` };
  const answer = await rawRequest(new URL('api/v1/status', instance.ui), { headers });
  const { signals } = JSON.parse(answer.body) as StatusMeta;
  for (const [kind, count] of Object.entries(signals)) {
    const sum = count.kept + count.evicted + count.rejected + count.duplicates;
    assertFact(sum === count.received, `${kind} add up: ${JSON.stringify(count)}`);
  }
  assertFact(spawner.spawned === 1, 'the engine never had to be started again');
}
