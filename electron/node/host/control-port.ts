/**
 * The engine process's end of the control plane: the same small interface over a worker thread's
 * parent port and over Electron's `process.parentPort` (utility process). Electron is never imported.
 */
import { parentPort } from 'node:worker_threads';
import type { EngineProcessMessage, HostMessage } from './control.ts';
import type { MessagePortLike } from './message-port.ts';

export interface ControlPort {
  post(message: EngineProcessMessage): void;
  onMessage(handler: (message: HostMessage, ports: readonly MessagePortLike[]) => void): void;
  /** The host is gone: nobody is left to serve. */
  onClose(handler: () => void): void;
  /** Ends this process when everything is closed. */
  exit(): void;
}

/** What Electron gives a utility process; ports travel beside the message. */
interface UtilityParentPort {
  postMessage(message: unknown): void;
  on(
    event: 'message',
    listener: (event: { data: HostMessage; ports: readonly MessagePortLike[] }) => void,
  ): unknown;
}

/** Throws when this process was started by nobody (plain `node engine.js`). */
export function openControlPort(): ControlPort {
  const utility = (process as unknown as { parentPort?: UtilityParentPort }).parentPort;
  if (utility !== undefined) return utilityControl(utility);
  if (parentPort !== null) return workerControl(parentPort);
  throw new Error('The engine runs as a part of Flametail: start `flametail` instead.');
}

function utilityControl(port: UtilityParentPort): ControlPort {
  return {
    post: (message) => {
      port.postMessage(message);
    },
    onMessage: (handler) => {
      port.on('message', (event) => {
        handler(event.data, event.ports);
      });
    },
    // Chromium ends a utility process with its parent.
    onClose: () => undefined,
    exit: () => {
      process.exit(0);
    },
  };
}

function workerControl(port: NonNullable<typeof parentPort>): ControlPort {
  return {
    post: (message) => {
      port.postMessage(message);
    },
    onMessage: (handler) => {
      port.on(
        'message',
        (envelope: { message: HostMessage; ports: readonly MessagePortLike[] }) => {
          handler(envelope.message, envelope.ports);
        },
      );
    },
    onClose: (handler) => {
      port.on('close', handler);
    },
    // Messages that were posted before are delivered; process.exit in a worker would drop them.
    exit: () => {
      port.close();
      setImmediate(() => process.exit(0));
    },
  };
}
