/** A short campaign of fixed seeds; CI goes on for half a minute, `npm run fuzz` for ten (README.md). */
import { describe, expect, it } from 'vitest';
import { fuzzCodings } from './coding-target.ts';
import { fuzzGrpc } from './grpc-target.ts';
import { fuzzIngest } from './ingest-target.ts';
import { fuzzLive } from './live-target.ts';
import { fuzzSockets } from './socket-target.ts';

describe('hostile input', () => {
  it.each([1, 3, 5])('of seed %i is ingested or refused, and all adds up', async (seed) => {
    expect(await fuzzIngest(seed, 500)).toMatchObject({ inputs: 500 });
  });

  it('is ingested or refused while the oldest is evicted', async () => {
    const { detail } = await fuzzIngest(2, 1200);
    expect(detail).toMatch(/ [1-9]\d* evicted/);
  });

  it.each([1, 2, 3])('of seed %i over the live protocol harms no session', async (seed) => {
    expect(await fuzzLive(seed, 1500)).toMatchObject({ inputs: 1500 });
  });

  it('over sockets is answered or cut off, and the program serves on', async () => {
    expect(await fuzzSockets(1, 300)).toMatchObject({ inputs: 300 });
  });

  it('in every compression is inflated or refused, within the limits', async () => {
    expect(await fuzzCodings(1, 300)).toMatchObject({ inputs: 300 });
  });

  it('in gRPC messages of any framing ends with a status of the caller', async () => {
    expect(await fuzzGrpc(1, 300)).toMatchObject({ inputs: 300 });
  });
});
