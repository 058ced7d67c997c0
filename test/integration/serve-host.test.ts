import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EngineConfig, EngineProcessMessage } from '../../electron/node/host/control.ts';
import {
  startEngine,
  type EngineEvent,
  type EngineProcess,
  type EngineSpawner,
} from '../../electron/node/host/engine-host.ts';
import { workerSpawner } from '../../electron/node/host/worker-spawn.ts';

const CONFIG: EngineConfig = {
  version: '1',
  memoryBytes: 1 << 26,
  httpPort: 0,
  grpcPort: 0,
  hosts: ['127.0.0.1'],
  requirePorts: true,
};

/** An engine process that does nothing but listen on 5001 when a free port is asked for. */
const ENTRY = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ message, ports }) => {
    if (message.type === 'start') {
      const port = message.config.httpPort || 5001;
      parentPort.postMessage({ type: 'ready', engineId: String(port), receivers: [
        { protocol: 'http', state: 'listening', port, hosts: ['127.0.0.1'], message: '' }] });
    } else if (message.type === 'connect') {
      ports[0].on('message', (text) => {
        if (text === 'crash') throw new Error('out of luck');
        ports[0].postMessage('echo ' + text);
      });
    } else if (message.type === 'stop') {
      parentPort.postMessage({ type: 'stopped' });
      process.exit(0);
    }
  });`;

describe('an engine in a worker thread', () => {
  it('takes ports, is started again on the same ports after a crash, and stops', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flametail-worker-'));
    const entry = join(folder, 'engine.mjs');
    await writeFile(entry, ENTRY);
    const host = await startEngine(workerSpawner(pathToFileURL(entry)), CONFIG);
    const events: EngineEvent[] = [];
    const restarted = new Promise<void>((resolve) => {
      host.onEvent((event) => {
        events.push(event);
        if (event.type === 'engine-restarted') resolve();
      });
    });
    const port = host.connect();
    const answer = new Promise((resolve) => port.once('message', resolve));
    port.postMessage('hello');
    expect(await answer).toBe('echo hello');
    const closed = new Promise((resolve) => port.once('close', resolve));
    port.postMessage('crash');
    await closed;
    await expect.poll(() => events.length).toBe(1);
    expect(() => host.connect()).toThrow('The engine is not running right now.');
    await restarted;
    expect(events).toEqual([
      { type: 'engine-exited', reason: 'The engine failed: out of luck', willRestart: true },
      { type: 'engine-restarted', receivers: [expect.objectContaining({ port: 5001 })] },
    ]);
    expect(host.engineId).toBe('5001');
    await host.stop();
    expect(host.isRunning).toBe(false);
    await rm(folder, { recursive: true });
  });
});

class ScriptedProcess implements EngineProcess {
  #message: (message: EngineProcessMessage) => void = () => undefined;
  readonly #exits: ((reason: string) => void)[] = [];
  readonly posted: string[] = [];

  post(message: { readonly type: string }): void {
    this.posted.push(message.type);
    if (message.type === 'start') {
      queueMicrotask(() => this.#message({ type: 'ready', receivers: [], engineId: 'x' }));
    }
  }

  onMessage(handler: (message: EngineProcessMessage) => void): void {
    this.#message = handler;
  }

  onExit(handler: (reason: string) => void): void {
    this.#exits.push(handler);
  }

  kill(): void {
    this.exit('killed');
  }

  exit(reason: string): void {
    for (const handler of this.#exits.splice(0)) handler(reason);
  }
}

describe('the restart policy', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  function scripted() {
    const processes: ScriptedProcess[] = [];
    const spawner: EngineSpawner = {
      spawn: () => {
        const process = new ScriptedProcess();
        processes.push(process);
        return process;
      },
      channel: () => {
        const { port1, port2 } = new MessageChannel();
        return { near: port1, far: port2 };
      },
    };
    return { processes, spawner };
  }

  it('waits longer after every crash and gives up after the fifth restart', async () => {
    vi.useFakeTimers();
    const { processes, spawner } = scripted();
    const host = await startEngine(spawner, CONFIG);
    const exits: boolean[] = [];
    host.onEvent((event) => {
      if (event.type === 'engine-exited') exits.push(event.willRestart);
    });
    for (let crash = 0; crash < 6; crash++) {
      processes.at(-1)?.exit('crashed');
      await vi.advanceTimersByTimeAsync(200 * 2 ** crash - 1);
      expect(processes).toHaveLength(crash + 1);
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(exits).toEqual([true, true, true, true, true, false]);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(processes).toHaveLength(6);
  });

  it('does not start again what was asked to stop, and kills what does not', async () => {
    vi.useFakeTimers();
    const { processes, spawner } = scripted();
    const host = await startEngine(spawner, CONFIG);
    const stopped = host.stop();
    await vi.advanceTimersByTimeAsync(5000);
    await stopped;
    expect(processes[0].posted).toEqual(['start', 'stop']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(processes).toHaveLength(1);
  });

  it('fails file work that the crash took with it', async () => {
    const { processes, spawner } = scripted();
    const host = await startEngine(spawner, CONFIG);
    const work = host.importFile('/a');
    processes[0].exit('The engine crashed.');
    await expect(work).rejects.toMatchObject({ message: 'The engine crashed.' });
    await host.stop();
  });
});
