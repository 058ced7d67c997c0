/** Files that appear whole or not at all. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes `source` under a temporary name in the folder of `path`, then renames it over `path`.
 * Returns the number of bytes. When the source or the disk fails, the temporary file is removed,
 * whatever stood at `path` is as before, and the error is thrown.
 */
export async function writeFileWhole(
  path: string,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  const name = `.${basename(path)}.${randomBytes(6).toString('hex')}.part`;
  const temporary = join(dirname(path), name);
  const file = await open(temporary, 'wx');
  let bytes = 0;
  try {
    try {
      for await (const chunk of source) {
        await file.writeFile(chunk);
        bytes += chunk.byteLength;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return bytes;
}
