/**
 * Runs in the worker thread that stands for a utility process: gives it `process.parentPort` in
 * Electron's shape, then starts the module that was forked.
 */
import { EventEmitter } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';

/** A MessagePortMain over a node port. */
class PortMain extends EventEmitter {
  #port;

  constructor(port) {
    super();
    this.#port = port;
    port.on('close', () => this.emit('close'));
  }

  start() {
    this.#port.on('message', ({ data }) => this.emit('message', { data, ports: [] }));
  }

  postMessage(data, transfer = []) {
    if (transfer.length > 0) throw new TypeError('the fake moves no ports out of ports');
    this.#port.postMessage({ data });
  }

  close() {
    this.#port.close();
  }
}

class ParentPort extends EventEmitter {
  postMessage(data) {
    parentPort.postMessage({ data });
  }
}

const port = new ParentPort();
port.once('newListener', (event) => {
  if (event !== 'message') return;
  // Messages wait in the thread's queue until somebody listens.
  queueMicrotask(() => {
    parentPort.on('message', ({ data, ports }) => {
      port.emit('message', { data, ports: ports.map((each) => new PortMain(each)) });
    });
  });
});
process.parentPort = port;
process.argv.splice(1, Infinity, workerData.path, ...workerData.args);
await import(workerData.url);
