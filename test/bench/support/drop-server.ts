/** Starts drop-server.process.ts. */
import { fork } from 'node:child_process';

/** Where load can be sent. */
export interface Target {
  readonly httpPort: number;
  readonly grpcPort: number;
}

export interface DropServer extends Target {
  stop(): Promise<void>;
}

/** `file` is the bundled process. */
export async function startDropServer(file: string): Promise<DropServer> {
  const child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const ports = await new Promise<Target>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Target));
    child.once('exit', (code) => reject(new Error(`the server that drops ended with ${code}`)));
  });
  return {
    ...ports,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
}
