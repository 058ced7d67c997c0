/** Who has a taken port: another Flametail says so when asked over HTTP; nothing else is known. */
import { get } from 'node:http';
import type { ReceiverProtocol } from '../../../proto/live/topics.ts';

/** A holder that does not answer in this time stays unknown; the answer of a Flametail takes 2 ms. */
const ASK_MS = 500;
const MAX_ANSWER_BYTES = 4096;

/** Another Flametail that holds a port. */
export interface Holder {
  readonly version: string;
  /** Where its UI is; '' when it did not say. */
  readonly uiUrl: string;
}

/** Both ports of a Flametail answer plain HTTP with this in their `Server` header, then the version. */
export const SERVER_NAME = 'Flametail/';

/** Asks the program behind a port who it is. Never throws; null when it is not a Flametail. */
export function findHolder(host: string, port: number): Promise<Holder | null> {
  return new Promise((resolve) => {
    const request = get(
      { host, port, path: '/', agent: false, headers: { accept: 'application/json' } },
      (response) => {
        const server = String(response.headers.server ?? '');
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
          if (body.length > MAX_ANSWER_BYTES) request.destroy();
        });
        response.on('close', () => {
          clearTimeout(timer);
          const isFlametail = server.startsWith(SERVER_NAME);
          resolve(
            isFlametail
              ? { version: server.slice(SERVER_NAME.length), uiUrl: readUiUrl(body) }
              : null,
          );
        });
      },
    );
    const timer = setTimeout(() => request.destroy(), ASK_MS);
    request.on('error', () => {
      clearTimeout(timer);
      resolve(null);
    });
  });
}

/** The sentence about a taken port: who has it, and what to do. */
export function describeTaken(
  protocol: ReceiverProtocol,
  port: number,
  holder: Holder | null,
): string {
  const option = protocol === 'http' ? '--http-port' : '--grpc-port';
  const name = protocol === 'http' ? 'OTLP/HTTP' : 'OTLP/gRPC';
  if (holder === null) {
    return `Port ${port} (${name}) is taken by another program. Stop it, or choose another port with ${option}.`;
  }
  const where = holder.uiUrl === '' ? '' : `, open at ${holder.uiUrl}`;
  return `Port ${port} (${name}) is taken by another Flametail (${holder.version})${where}. Use that one, stop it, or choose another port with ${option}.`;
}

function readUiUrl(body: string): string {
  try {
    const page: unknown = JSON.parse(body);
    if (typeof page === 'object' && page !== null && 'ui' in page && typeof page.ui === 'string') {
      return page.ui;
    }
  } catch {
    // A text answer: the gRPC port identifies itself by its header alone.
  }
  return '';
}
