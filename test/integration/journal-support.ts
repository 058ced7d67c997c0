/** Programs with a journal in the test's own process: what they answer, what a dead one leaves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { MethodName, Methods } from '../../proto/live/methods.ts';
import type { Mark, StatusMeta } from '../../proto/live/topics.ts';
import { openLiveClient } from '../support/live-socket.ts';
import { sendTrace } from '../support/send.ts';
import type { Served, Workspace } from '../support/serve-inline.ts';

/** The port for OTLP over HTTP. */
export const httpPort = ({ instance }: Served): number => Number(new URL(instance.otlpHttp).port);

/** One question to the engine, over a live connection of its own. */
export async function ask<M extends MethodName>(
  { instance }: Served,
  method: M,
  params: Methods[M]['params'],
): Promise<Methods[M]['result']> {
  const client = openLiveClient(instance);
  try {
    return await client.request(method, params);
  } finally {
    client.close();
  }
}

/** The first frame of the `marks` topic. */
export async function marksOf({ instance }: Served): Promise<readonly Mark[]> {
  const client = openLiveClient(instance);
  try {
    await client.welcome;
    return await new Promise((resolve) => {
      client.subscribe(
        'marks',
        {},
        {
          frame: ({ meta }) => {
            resolve(meta.marks);
          },
        },
      );
    });
  } finally {
    client.close();
  }
}

/** What the program says of itself. */
export const statusOf = (served: Served): Promise<StatusMeta> => ask(served, 'status.get', {});

/** The folder that holds a journal per program. */
export const journalsOf = ({ folder }: Workspace): string => join(folder, 'state', 'journal');

/** The folder of the one journal there is. */
export async function onlyJournal(workspace: Workspace): Promise<string> {
  const journals = journalsOf(workspace);
  const [name = ''] = await readdir(journals);
  return join(journals, name);
}

/** The number of a process that ended. */
export async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

/** Leaves what a killed program leaves: the journal of a dead process, with these traces. */
export async function leaveCapture(
  workspace: Workspace,
  names: readonly string[],
  mark?: string,
): Promise<void> {
  const served = await workspace.start();
  if (mark !== undefined) await ask(served, 'mark.add', { label: mark });
  for (const name of names) await sendTrace(httpPort(served), name);
  const own = await onlyJournal(workspace);
  const kept = join(workspace.folder, `kept-${names[0] ?? mark ?? ''}`);
  await cp(own, kept, { recursive: true });
  await served.stop();
  const journals = journalsOf(workspace);
  await mkdir(journals, { recursive: true, mode: 0o700 });
  await rename(kept, join(journals, `${await deadPid()}-1-0badcafe`));
}
