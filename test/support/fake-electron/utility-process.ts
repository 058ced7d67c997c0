/** utilityProcess.fork as a worker thread that sees `process.parentPort`. */
import { EventEmitter } from 'node:events';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ForkOptions, UtilityProcess } from 'electron';
import { takePorts } from './message-port.ts';

export class FakeUtilityProcess
  extends EventEmitter
  implements Pick<UtilityProcess, 'kill' | 'pid' | 'postMessage'>
{
  readonly #worker: Worker;
  readonly serviceName: string;
  pid: number | undefined;

  constructor(path: string, args: readonly string[], options: ForkOptions) {
    super();
    this.serviceName = options.serviceName ?? 'Node Utility Process';
    this.#worker = new Worker(new URL('./utility-bootstrap.mjs', import.meta.url), {
      name: this.serviceName,
      workerData: { path, url: pathToFileURL(path).href, args },
      // Hooks and loaders of the test runner are not the engine's business.
      execArgv: [],
      ...(options.env === undefined ? {} : { env: options.env as NodeJS.ProcessEnv }),
    });
    this.pid = this.#worker.threadId;
    this.#worker.on('online', () => this.emit('spawn'));
    this.#worker.on('message', ({ data }: { data: unknown }) => this.emit('message', data));
    this.#worker.on('error', (error: Error) => {
      process.stderr.write(`${this.serviceName}: ${error.stack ?? error.message}\n`);
    });
    this.#worker.on('exit', (code) => {
      this.pid = undefined;
      this.emit('exit', code);
    });
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    const ports = takePorts(transfer);
    this.#worker.postMessage({ data, ports }, ports);
  }

  kill(): boolean {
    if (this.pid === undefined) return false;
    void this.#worker.terminate();
    return true;
  }
}
