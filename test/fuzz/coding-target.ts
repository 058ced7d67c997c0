/**
 * Compressed bodies over HTTP and gRPC against the real receiver and engine: every coding, whole, with
 * damage inside the stream, cut, doubled, under a wrong name, and bombs. A stream that was not damaged
 * is answered like its plain body; nothing is answered that plain bytes could not be; what is inflated
 * stays below the limits.
 */
import { Agent } from 'node:http';
import { gzipSync } from 'node:zlib';
import { HTTP_PATH, type Signal } from '../../proto/otlp/signal.ts';
import { MAX_IN_FLIGHT_BYTES } from '../../electron/node/receiver/limits.ts';
import { CODINGS, repeatZstd, TYPE, type Coding } from '../integration/conformance-support.ts';
import { openWorkspace, type Served } from '../support/serve-inline.ts';
import { compressedFixture } from '../support/otlp/fixtures.ts';
import { seededRandom, type Random } from '../support/otlp/random.ts';
import { Corpus, type Input } from './corpus.ts';
import { exchange, checkCounts } from './exchange.ts';
import { assertFact, Finding, type Report } from './finding.ts';
import { mutateBytes } from './protobuf-mutator.ts';

/** What a body may be answered, whatever its bytes are. */
const ANSWERS: ReadonlySet<number> = new Set([200, 400, 413, 503]);
/** Real zstd frames with every kind of block, as its own program writes them. */
const ZSTD_FILES = ['lines.zst', 'lines-stream.zst', 'lines-19.zst', 'traces-sdk.pb.zst'];
/** The longest body that is compressed: a campaign spends its time on many and not on long ones. */
const MAX_PLAIN_BYTES = 64 << 10;

/** Sends `rounds` bodies of a seed. Throws Finding. */
export async function fuzzCodings(seed: number, rounds: number): Promise<Report> {
  const random = seededRandom(seed);
  const workspace = await openWorkspace();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const answers = new Map<string, number>();
  let round = 0;
  try {
    const served = await workspace.start('--memory', '32MiB', '--no-journal');
    const corpus = new Corpus(random);
    let mostBytes = 0;
    for (; round < rounds; round++) {
      const coding = random.pick(CODINGS);
      const status = await one(served, agent, corpus, coding, random);
      const key = `${coding.name} ${status}`;
      answers.set(key, (answers.get(key) ?? 0) + 1);
      mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers);
    }
    assertFact(mostBytes < 2 * MAX_IN_FLIGHT_BYTES, `${mostBytes} bytes of buffers are bounded`);
    await checkCounts(served);
    return { inputs: rounds, detail: [...answers].map(([key, n]) => `${key} × ${n}`).join(', ') };
  } catch (error) {
    throw new Finding('codings', seed, round, error);
  } finally {
    agent.destroy();
    await workspace.close();
  }
}

async function one(
  served: Served,
  agent: Agent,
  corpus: Corpus,
  coding: Coding,
  random: Random,
): Promise<number> {
  let input = corpus.next();
  while (input.body.length > MAX_PLAIN_BYTES) input = corpus.next();
  const post = (body: Uint8Array, name: string): Promise<number> =>
    exchange(served, agent, {
      path: HTTP_PATH[input.signal],
      headers: { 'content-type': TYPE[input.encoding], 'content-encoding': name },
      body,
    });
  if (random.chance(0.15)) {
    // Whole streams: the coding changes nothing. The plain body comes second, as all duplicates.
    const packed = await post(coding.pack(Buffer.from(input.body)), coding.name);
    const plain = await post(input.body, 'identity');
    assertFact(packed === plain, `${coding.title} is answered ${packed}, plain ${plain}`);
    return packed;
  }
  const name = random.chance(0.05) ? random.pick(CODINGS).name : coding.name;
  const status = await post(damaged(coding, input, random), name);
  assertFact(ANSWERS.has(status), `${name} is answered ${status}`);
  return status;
}

/** A stream of the coding with damage. */
function damaged(coding: Coding, input: Input, random: Random): Uint8Array {
  if (random.chance(0.004)) return bomb(coding.name, input.signal, random);
  const isRealZstd = coding.name === 'zstd' && random.chance(0.6);
  let stream: Uint8Array = isRealZstd
    ? compressedFixture(random.pick(ZSTD_FILES))
    : coding.pack(Buffer.from(input.body));
  // Behind the head, where the blocks are, as often as anywhere.
  for (let count = 1 + random.below(3); count > 0; count--) {
    const from = random.chance(0.5) ? 0 : Math.min(stream.length, 10);
    stream = Buffer.concat([
      stream.subarray(0, from),
      mutateBytes(new Uint8Array(stream.subarray(from)), random),
    ]);
  }
  return stream;
}

/** Much in little: 64 MiB and more when it is inflated. */
function bomb(name: string, signal: Signal, random: Random): Uint8Array {
  if (name === 'zstd') return repeatZstd(500 + random.below(40), random.chance(0.5));
  if (name !== 'gzip') return random.bytes(200);
  const bytes = Buffer.alloc((64 << 20) + random.below(3) - 1);
  bytes.write(signal);
  return gzipSync(bytes, { level: 1 });
}
