/**
 * A server that reads every request and keeps nothing, over bare node:http and node:http2: what the
 * machine, its loopback and the load can do at most. Sends its ports to the process that forked it.
 */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';

/** As large as the receiver's, so that flow control is the same. */
const WINDOW_BYTES = 8 << 20;
const EMPTY_MESSAGE = Buffer.alloc(5);

const http = createHttp((request: IncomingMessage, response: ServerResponse) => {
  request.resume();
  request.on('end', () => response.end());
});

const grpc = createHttp2({ settings: { initialWindowSize: WINDOW_BYTES } });
grpc.on('session', (session) => session.setLocalWindowSize(WINDOW_BYTES));
grpc.on('stream', (stream: ServerHttp2Stream) => {
  stream.resume();
  stream.on('error', () => undefined); // A client that ends in the middle of a request.
  stream.on('end', () => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(EMPTY_MESSAGE);
  });
});

void Promise.all([portOf(http), portOf(grpc)]).then(([httpPort, grpcPort]) => {
  process.send?.({ httpPort, grpcPort });
});
process.on('disconnect', () => process.exit(0));

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
