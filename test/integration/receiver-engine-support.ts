/** A receiver over the real engine. */
import { RE2 } from '../../electron/node/host/regex.ts';
import { onTestFinished } from 'vitest';
import { Engine } from '../../electron/engine/engine.ts';
import { Receiver, type RequestLine } from '../../electron/node/receiver/receiver.ts';

/** The real engine behind a receiver. */
export interface RunningEngine {
  readonly engine: Engine;
  /** Every line that the receiver noted, unfolded. */
  readonly lines: RequestLine[];
  readonly httpPort: number;
  readonly grpcPort: number;
}

/** What a test puts between the receiver and the engine. */
export interface InBetween {
  /** Called before every ingest. */
  readonly beforeIngest?: () => void;
  readonly pressureMs?: () => number;
}

/** The real engine behind a receiver on free ports, both closed when the test ends. */
export async function startEngine(
  memoryBytes = 256 * 1024 * 1024,
  { beforeIngest, pressureMs = () => 0 }: InBetween = {},
): Promise<RunningEngine> {
  const engine = new Engine({
    regex: RE2,
    memoryBytes,
    clock: { nowMs: () => Date.now(), ticksMs: () => performance.now() },
    scheduler: {
      after(delayMs, task) {
        const timer = setTimeout(task, delayMs);
        return () => clearTimeout(timer);
      },
      soon: (task) => void setImmediate(task),
    },
    engineId: 'test',
    version: '1.2.3',
  });
  const lines: RequestLine[] = [];
  const receiver = new Receiver({
    engine: {
      ingest(signal, chunks, byteLength, encoding) {
        beforeIngest?.();
        return engine.ingest(signal, chunks, byteLength, encoding);
      },
      pressureMs,
      noteRequest(line) {
        lines.push(line);
        engine.noteRequest(line);
      },
    },
    onState: () => undefined,
    version: '1.2.3',
  });
  onTestFinished(async () => {
    await receiver.close();
    engine.close();
  });
  const hosts = ['127.0.0.1', '::1'];
  const [http, rpc] = await receiver.listen({ httpPort: 0, grpcPort: 0, hosts });
  return { engine, lines, httpPort: http?.port ?? 0, grpcPort: rpc?.port ?? 0 };
}
