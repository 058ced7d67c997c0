/**
 * What a process of this machine uses: from /proc on Linux, from `ps` elsewhere. Null where neither
 * is there (Windows), or the process is gone.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Ticks a second of the CPU times in /proc; Linux shows them to programs as 100 on every platform. */
const TICKS_PER_SECOND = 100;

/** Resident memory in bytes. */
export function residentBytes(pid: number): number | null {
  if (process.platform === 'linux') {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readProc(pid, 'status'))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  }
  const kib = Number(ps(pid, 'rss='));
  return kib > 0 ? kib * 1024 : null;
}

/** CPU seconds of all threads, user and system, since the process started; in steps of 10 ms. */
export function cpuSeconds(pid: number): number | null {
  if (process.platform === 'linux') {
    // The name, in brackets, may hold spaces; utime and stime are the 12th and 13th after it.
    const fields = readProc(pid, 'stat').split(') ')[1]?.split(' ');
    if (fields === undefined) return null;
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
  const parts = ps(pid, 'time=').trim().split(/[:-]/).map(Number);
  if (parts.length < 2 || parts.some(Number.isNaN)) return null;
  return parts.reduceRight(
    (sum, part, index) => sum + part * [1, 60, 3600, 86_400][parts.length - 1 - index],
    0,
  );
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // The process is gone.
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return ''; // There is no ps, or no such process.
  }
}
