/** The whole build (vite.config.ts) from a script, with Vite's own log kept to `logLevel`. */
import { fileURLToPath } from 'node:url';
import { createBuilder } from 'vite';

const configFile = fileURLToPath(new URL('../../vite.config.ts', import.meta.url));

/** @param {'info' | 'warn' | 'error'} logLevel */
export async function build(logLevel) {
  const builder = await createBuilder({ configFile, logLevel });
  await builder.buildApp();
}
