/** Servers of processes of their own that load is sent to, beside the program. */
import { fork } from 'node:child_process';

/** Where load can be sent. */
export interface Target {
  readonly httpPort: number;
  readonly grpcPort: number;
}

export interface TargetProcess extends Target {
  stop(): Promise<void>;
}

/** Forks a bundled `*.process.ts` that sends its ports and ends when it is disconnected. */
export async function startTarget(file: string): Promise<TargetProcess> {
  const child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const ports = await new Promise<Target>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Target));
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
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
