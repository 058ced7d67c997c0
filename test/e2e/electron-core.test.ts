/**
 * The core specs through the desktop shell under the fake Electron: the real main, preload, engine
 * process and page, in a real Chromium. What the fake cannot prove stands in its README.
 */
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { launchFakeElectron } from '../support/fake-electron/launch.ts';
import { coreSpecs, type CoreHost } from './core.ts';

async function open(): Promise<CoreHost> {
  const folder = await mkdtemp(join(tmpdir(), 'flametail-e2e-'));
  const app = await launchFakeElectron({
    args: ['--http-port=0', '--grpc-port=0', '--flametail-handshake'],
  });
  const ports = listeningPorts(await app.handshake());
  return {
    page: app.page,
    ...ports,
    async exportFile(begin) {
      const path = join(folder, 'kept.otlp.jsonl');
      app.host.answer('showSaveDialog', () => ({ canceled: false, filePath: path }));
      await begin();
      await app.page
        .getByText(/Wrote|written/)
        .first()
        .waitFor({ timeout: 20_000 });
      return path;
    },
    async openFile(path, begin) {
      app.host.answer('showOpenDialog', () => ({ canceled: false, filePaths: [path] }));
      await begin();
    },
    async restartEngine() {
      app.killEngine();
      await Promise.resolve();
    },
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listeningPorts(ready: Readonly<Record<string, unknown>>): {
  httpPort: number;
  grpcPort: number;
} {
  return {
    httpPort: Number(new URL(String(ready['otlpHttp'])).port),
    grpcPort: Number(String(ready['otlpGrpc']).split(':').at(-1)),
  };
}

coreSpecs('the desktop shell under the fake Electron', open);
