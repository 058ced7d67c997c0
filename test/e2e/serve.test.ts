/** The core specs in browser mode: the built program, a real Chromium. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../support/browser.ts';
import { startProgram } from '../support/program.ts';
import { coreSpecs, type CoreHost } from './core.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

async function open(): Promise<CoreHost> {
  const downloads = await mkdtemp(join(tmpdir(), 'flametail-e2e-'));
  const token = 'a-token-that-outlives-a-restart';
  const env = { FLAMETAIL_TOKEN: token };
  let program = await startProgram(ROOT, [], env);
  const browser = await launchBrowser();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${program.ready.ui}#token=${program.ready.token}`);
  return {
    page,
    httpPort: program.httpPort,
    grpcPort: program.grpcPort,
    async exportFile(begin) {
      const download = page.waitForEvent('download');
      await begin();
      const path = join(downloads, (await download).suggestedFilename());
      await (await download).saveAs(path);
      return path;
    },
    async openFile(path, begin) {
      const chooser = page.waitForEvent('filechooser');
      await begin();
      await (await chooser).setFiles(path);
    },
    async restartEngine() {
      const ports = [
        ...['--http-port', String(program.httpPort)],
        ...['--grpc-port', String(program.grpcPort)],
        ...['--ui-port', new URL(program.ready.ui).port],
      ];
      await program.stop();
      program = await startProgram(ROOT, ports, env);
    },
    async close() {
      await browser.close();
      await program.stop();
      await rm(downloads, { recursive: true, force: true });
    },
  };
}

coreSpecs('flametail serve', open);
