/**
 * The core specs through the real Electron, where its binary and a display exist. Without them the
 * specs are skipped, loudly; FLAMETAIL_REQUIRE_ELECTRON=1 turns the skip into a failure.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron as electron } from 'playwright-core';
import { expect, it } from 'vitest';
import { machineFacts, probeBinary } from '../../electron/node/cli/desktop-probe.ts';
import { builtPath } from '../support/fake-electron/dist.ts';
import { coreSpecs, type CoreHost } from './core.ts';

/** The executable, or why there is none to run. */
function findElectron(): { executable: string } | { reason: string } {
  const probe = probeBinary(machineFacts(import.meta.url));
  if (probe.type === 'browser') return { reason: `no Electron binary (${probe.reason})` };
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && (DISPLAY ?? WAYLAND_DISPLAY) === undefined) {
    return { reason: 'no display for the Electron binary' };
  }
  return { executable: probe.executable };
}

async function open(executablePath: string): Promise<CoreHost> {
  const folder = await mkdtemp(join(tmpdir(), 'flametail-e2e-'));
  // Chromium's sandbox refuses to run as root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = await electron.launch({
    executablePath,
    env: { ...process.env, FLAMETAIL_STATE_DIR: folder } as Record<string, string>,
    args: [
      ...asRoot,
      `--user-data-dir=${folder}`,
      builtPath('electron/main.js'),
      ...['--http-port=0', '--grpc-port=0', '--flametail-handshake'],
    ],
  });
  const ready = await readyLine(app.process().stdout);
  return {
    page: await app.firstWindow(),
    httpPort: Number(new URL(ready.otlpHttp).port),
    grpcPort: Number(ready.otlpGrpc.split(':').at(-1)),
    async exportFile(begin) {
      const path = join(folder, 'kept.otlp.jsonl');
      await app.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      }, path);
      await begin();
      const page = await app.firstWindow();
      await page
        .getByText(/Wrote|written/)
        .first()
        .waitFor({ timeout: 20_000 });
      return path;
    },
    async openFile(path, begin) {
      await app.evaluate(({ dialog }, filePath) => {
        dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [filePath] });
      }, path);
      await begin();
    },
    async restartEngine() {
      await app.evaluate(({ app: electronApp }) => {
        const engine = electronApp
          .getAppMetrics()
          .find(
            (each) =>
              each.name === 'Flametail engine' || each.serviceName === 'node.mojom.NodeService',
          );
        if (engine !== undefined) process.kill(engine.pid);
      });
    },
    async close() {
      await app.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function readyLine(
  stdout: NodeJS.ReadableStream | null,
): Promise<{ otlpHttp: string; otlpGrpc: string }> {
  if (stdout === null) throw new Error('Electron has no stdout');
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith('{"event":"ready"')) {
      return JSON.parse(line) as { otlpHttp: string; otlpGrpc: string };
    }
  }
  throw new Error('Electron ended before it was ready');
}

const found = findElectron();
if ('executable' in found) {
  coreSpecs('the desktop shell in the real Electron', () => open(found.executable));
} else {
  const isRequired = process.env['FLAMETAIL_REQUIRE_ELECTRON'] === '1';
  if (!isRequired) process.stderr.write(`\nSKIPPED: ${found.reason}\n\n`);
  it.skipIf(!isRequired)('runs the core specs in the real Electron', () => {
    expect.unreachable(`FLAMETAIL_REQUIRE_ELECTRON=1, but there is ${found.reason}`);
  });
}
