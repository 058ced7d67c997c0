/**
 * The object store of test/support/naive-objects.ts behind bare node:http: decodes, keeps, answers. Sends
 * its port to the process that forked it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ObjectStore } from '../../support/naive-objects.ts';

const store = new ObjectStore();
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    store.ingest(Buffer.concat(chunks));
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ httpPort: (server.address() as AddressInfo).port, grpcPort: 0 });
});
process.on('disconnect', () => process.exit(0));
