/** The engine process of the desktop app: an Electron utility process. */
import { join } from 'node:path';
import { MessageChannelMain, utilityProcess, type MessagePortMain } from 'electron';
import type { EngineProcessMessage } from '../node/host/control.ts';
import type { EngineProcess, EngineSpawner } from '../node/host/engine-host.ts';
import type { MessagePortLike } from '../node/host/message-port.ts';

/** Starts `dist/engine.js` for every engine process; `folder` is that of the built main file. */
export function utilitySpawner(folder: string): EngineSpawner {
  const entry = join(folder, '..', 'engine.js');
  return {
    spawn: () => spawnUtility(entry),
    channel: () => {
      const { port1, port2 } = new MessageChannelMain();
      return { near: port1, far: port2 };
    },
  };
}

/** A port of this spawner's `channel`, as Electron knows it, to hand on to a page. */
export function electronPort(port: MessagePortLike): MessagePortMain {
  // `channel` above is the only maker of these ports.
  return port as MessagePortMain;
}

function spawnUtility(entry: string): EngineProcess {
  const child = utilityProcess.fork(entry, [], {
    serviceName: 'Flametail engine',
    stdio: 'inherit',
  });
  return {
    post: (message, ports) => {
      child.postMessage(message, ports.map(electronPort));
    },
    onMessage: (handler) => {
      child.on('message', (message: EngineProcessMessage) => {
        handler(message);
      });
    },
    onExit: (handler) => {
      child.on('exit', (code) => {
        handler(`The engine ended with code ${String(code)}.`);
      });
    },
    kill: () => {
      child.kill();
    },
  };
}
