/** Files to import, looked at before they are opened. */
import { stat } from 'node:fs/promises';
import { HostFailure } from '../host/failure.ts';

/** The size of a file in bytes. Rejects with HostFailure `badFile` when there is no such file. */
export async function fileSize(path: string): Promise<number> {
  const entry = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (entry === undefined) {
    throw new HostFailure({ code: 'badFile', message: 'There is no such file.' });
  }
  if (!entry.isFile()) {
    throw new HostFailure({ code: 'badFile', message: 'This is a folder or device, not a file.' });
  }
  return entry.size;
}
