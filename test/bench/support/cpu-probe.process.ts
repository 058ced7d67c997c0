/**
 * Preloaded into a program that is measured (`--require`, which worker threads load too): takes a CPU
 * profile of every thread while the file that CPU_PROBE names exists, and writes it beside that file as
 * NAME.THREAD.cpuprofile when the file is gone.
 */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { threadId } from 'node:worker_threads';

const POLL_MS = 50;
const INTERVAL_US = 200;

const path = process.env['CPU_PROBE'];
if (path !== undefined) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  let isRunning = false;
  const timer = setInterval(() => {
    if (existsSync(path) === isRunning) return;
    isRunning = !isRunning;
    if (isRunning) {
      session.post('Profiler.start');
      return;
    }
    session.post('Profiler.stop', (_error, result) => {
      const file = `${path}.${threadId}.cpuprofile`;
      // Whole or not there: the bench looks for it.
      writeFileSync(`${file}.part`, JSON.stringify(result.profile));
      renameSync(`${file}.part`, file);
    });
  }, POLL_MS);
  timer.unref();
}
