/**
 * Whatever was acknowledged survives: the built program is killed, and its engine ended, at random
 * moments under load. FLAMETAIL_CRASHES says how often (`npm run crash`: 100 times each).
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SIGNALS } from '../../proto/otlp/signal.ts';
import { startEngine, type EngineHost } from '../../electron/node/host/engine-host.ts';
import { openJournalFolder } from '../../electron/node/host/journal-folder.ts';
import { workerSpawner } from '../../electron/node/host/worker-spawn.ts';
import { batchesIn, JournalLoad } from '../support/journal-load.ts';
import { startProgram, type Program } from '../support/program.ts';
import { seeded } from '../support/span-bodies.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CRASHES = Number(process.env['FLAMETAIL_CRASHES'] ?? 5);
const SENDERS = 4;
const TIMEOUT_MS = 30_000 + CRASHES * 5000;
const MEMORY_BYTES = 1024 * 1024 * 1024;

const seed = Number(process.env['FLAMETAIL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const random = seeded(seed);

let stateFolder: string;
let program: Program | undefined;
let host: EngineHost | undefined;
beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'flametail-crash-'));
});
afterEach(async () => {
  await program?.stop();
  await host?.stop();
  program = undefined;
  host = undefined;
  await rm(stateFolder, { recursive: true, force: true });
});

/** Runs load for a random while, ends the receiver with `crash`, and says what must come back. */
async function crashUnder(
  load: JournalLoad,
  httpPort: number,
  crash: () => Promise<void>,
): Promise<readonly number[]> {
  const { first, ended } = load.run(httpPort, SENDERS);
  await first;
  await delay(20 + random() * 500);
  await crash();
  load.stop();
  await ended;
  return load.acknowledged;
}

/** Figures of a long run (`npm run crash`), for RELIABILITY.md. */
function tell(what: string, batches: number): void {
  if (process.env['FLAMETAIL_CRASHES'] === undefined) return;
  const figures = `${CRASHES} ${what}, seed ${seed}: ${batches} batches were acknowledged, none is missing.`;
  process.stdout.write(`${figures}\n`);
}

const missingOf = (due: readonly number[], exported: string): number[] => {
  const present = batchesIn(exported);
  return due.filter((number) => !present.has(number));
};

describe('what was acknowledged', () => {
  it(
    `is there after ${CRASHES} kills of the program under load`,
    async () => {
      const env = { FLAMETAIL_STATE_DIR: stateFolder };
      const args = ['--restore', '--memory', String(MEMORY_BYTES)];
      const load = new JournalLoad();
      let batches = 0;
      program = await startProgram(ROOT, args, env);
      for (let crash = 0; crash < CRASHES; crash++) {
        const { process, httpPort } = program;
        const due = await crashUnder(load, httpPort, async () => {
          const exited = once(process, 'exit');
          process.kill('SIGKILL');
          await exited;
        });
        expect(due.length).toBeGreaterThan(0);
        batches = due.length; // All of them, over all kills.
        program = await startProgram(ROOT, args, env);
        const exported = await (await program.api('/api/v1/export?format=otlp.jsonl')).text();
        expect(missingOf(due, exported), `seed ${seed}, crash ${crash}`).toEqual([]);
      }
      tell('kills of the program', batches);
      expect(await program.stop()).toBe(0);
      expect(await readdir(stateFolder)).not.toContain('journal');
    },
    TIMEOUT_MS,
  );

  it(
    `is there after ${CRASHES} crashes of the engine under load`,
    async () => {
      const entry = join(ROOT, 'dist/engine.js');
      if (!existsSync(entry)) throw new Error('There is no build: run `npm run build` first.');
      const spawner = workerSpawner(pathToFileURL(entry));
      let crashEngine = (): void => undefined;
      const journal = openJournalFolder({
        stateFolder,
        isOn: true,
        restore: false,
        budgetBytes: MEMORY_BYTES,
      });
      if (journal === undefined) throw new Error('no journal folder');
      const config = {
        version: '0',
        memoryBytes: MEMORY_BYTES,
        httpPort: 0,
        grpcPort: 0,
        hosts: ['127.0.0.1'],
        requirePorts: true,
        journal,
      };
      let batches = 0;
      // A host starts a crashing engine five times a minute and no more, so each takes a few.
      for (let crash = 0; crash < CRASHES;) {
        const load = new JournalLoad();
        const engine = await startEngine(
          {
            ...spawner,
            spawn: () => {
              const process = spawner.spawn();
              crashEngine = () => {
                process.kill();
              };
              return process;
            },
          },
          config,
        );
        host = engine;
        for (let turn = 0; turn < 3 && crash < CRASHES; turn++, crash++) {
          const due = await crashUnder(load, portOf(engine), async () => {
            const restarted = untilRestarted(engine);
            crashEngine();
            await restarted;
          });
          expect(due.length).toBeGreaterThan(0);
          batches += due.length;
          expect(missingOf(due, await exportOf(engine)), `seed ${seed}, crash ${crash}`).toEqual(
            [],
          );
          expect(engine.restored?.spans).toBeGreaterThan(0);
        }
        await engine.stop();
        host = undefined;
        expect(await readdir(stateFolder)).toEqual([]);
      }
      tell('crashes of the engine', batches);
    },
    TIMEOUT_MS,
  );
});

function portOf(host: EngineHost): number {
  return host.receivers.find(({ protocol }) => protocol === 'http')?.port ?? 0;
}

function untilRestarted(host: EngineHost): Promise<void> {
  return new Promise((resolve, reject) => {
    const off = host.onEvent((event) => {
      if (event.type === 'engine-restarted') {
        off();
        resolve();
      } else if (event.type === 'engine-exited' && !event.willRestart) {
        off();
        reject(new Error(event.reason));
      }
    });
  });
}

async function exportOf(host: EngineHost): Promise<string> {
  const request = {
    format: 'otlp.jsonl',
    gzip: false,
    selection: { type: 'all', signals: SIGNALS },
  } as const;
  let text = '';
  for await (const chunk of host.export(request, 'test')) text += Buffer.from(chunk).toString();
  return text;
}
