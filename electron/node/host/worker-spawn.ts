/** The engine process of browser mode: a worker thread. */
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { EngineProcessMessage } from './control.ts';
import type { EngineProcess, EngineSpawner } from './engine-host.ts';

/**
 * MB that the garbage collector lets pass between two collections of everything, memory outside its heap
 * included. By itself it takes some 24, the read buffers of 130 large requests: a receiver at full speed
 * would spend a fourth of its time collecting. A version of V8 that does not know the flag ignores it.
 */
const FIRST_LIMIT_MB = 64;

/** Starts `entry` (the built engine.js) as a worker thread for every engine process. */
export function workerSpawner(entry: URL): EngineSpawner<MessagePort> {
  return {
    spawn: () => spawnWorker(entry),
    channel: () => {
      const { port1, port2 } = new MessageChannel();
      return { near: port1, far: port2 };
    },
  };
}

function spawnWorker(entry: URL): EngineProcess<MessagePort> {
  // A thread takes the flags that the process has when it starts.
  setFlagsFromString(`--initial-old-space-size=${FIRST_LIMIT_MB}`);
  const worker = new Worker(entry, { name: 'flametail-engine' });
  let reason: string | undefined;
  worker.on('error', (error: Error) => {
    reason = `The engine failed: ${error.message}`;
  });
  return {
    post: (message, ports) => {
      // A worker's port reads ports only out of the message itself.
      worker.postMessage({ message, ports }, ports);
    },
    onMessage: (handler) => {
      worker.on('message', (message: EngineProcessMessage) => {
        handler(message);
      });
    },
    onExit: (handler) => {
      worker.on('exit', (code) => {
        handler(reason ?? `The engine ended with code ${code}.`);
      });
    },
    kill: () => {
      void worker.terminate();
    },
  };
}
