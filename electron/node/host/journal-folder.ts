/**
 * Which journal folder is whose. Every running instance has one of its own, named after its process,
 * so that making the folder and locking it are one step; those of dead processes are claimed by
 * renaming them into one's own, which only one instance can do.
 *
 * ```
 *   <state>/journal/<pid>-<when the process started>-<random>/   an instance's own
 *     *.traces *.logs …          what it writes (capture/journal.ts)
 *     recovery/*.traces …        what earlier runs left and nobody has decided about
 *     claim-…/                   a folder on its way into recovery/
 * ```
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_DISK } from '../capture/journal-disk.ts';
import { isMarksFile } from '../capture/journal-marks.ts';
import { listSegments, PARTIAL_MARKER } from '../capture/journal.ts';
import { parseSegmentName } from '../capture/journal-format.ts';
import type { JournalConfig } from './control.ts';
import { toFailure } from './failure.ts';
import { isAlive } from './process-alive.ts';

/** The folder inside an instance's own that holds what earlier runs left. */
export const RECOVERY_FOLDER = 'recovery';

const OWN_NAME = /^(\d+)-(\d+)-[0-9a-f]{8}$/;
/** How exactly two readings of one start time agree where the system keeps none, in ms. */
const START_SLACK_MS = 2000;

export interface JournalChoice {
  readonly stateFolder: string;
  /** Whether to write a journal. Without it a folder is made only when something can be restored. */
  readonly isOn: boolean;
  /** Take back what earlier runs left without asking. */
  readonly restore: boolean;
  /** More than this of what earlier runs left is not kept: the oldest goes. */
  readonly budgetBytes: number;
}

/**
 * Makes the folder of this instance and claims those of dead ones. Does not throw: a state folder
 * that cannot be used becomes the `problem` of the result. Undefined when there is nothing to keep.
 */
export function openJournalFolder(choice: JournalChoice): JournalConfig | undefined {
  const { isOn } = choice;
  const parent = join(choice.stateFolder, 'journal');
  try {
    const orphans = orphansIn(parent);
    if (!isOn && orphans.length === 0) return undefined;
    const own = `${process.pid}-${processStart(process.pid) ?? 0}-${randomBytes(4).toString('hex')}`;
    const folder = join(parent, own);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const orphan of orphans) claim(parent, orphan, folder, choice.restore);
    const recovery = join(folder, RECOVERY_FOLDER);
    dropOldest(choice.restore ? folder : recovery, choice.budgetBytes);
    return { folder, isOn };
  } catch (error) {
    return isOn ? { problem: toFailure(error).message } : undefined;
  }
}

/** What a journal folder offers to take back; null when that is nothing. Throws the system's errors. */
export function offeredRecovery(
  folder: string,
): { readonly bytes: number; readonly startedMs: number } | null {
  const { segments } = listSegments(NODE_DISK, join(folder, RECOVERY_FOLDER));
  const startedMs = segments[0]?.startedMs;
  if (startedMs === undefined) return null;
  return { bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0), startedMs };
}

/** Takes an instance's folder away, unless there is still something in it. */
export function releaseJournalFolder(folder: string): void {
  for (const path of [join(folder, RECOVERY_FOLDER), folder, join(folder, '..')]) {
    try {
      rmdirSync(path);
    } catch {
      // Not there, or not empty: what is in it is for the next start.
    }
  }
}

function orphansIn(parent: string): string[] {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names.filter((name) => {
    const match = OWN_NAME.exec(name);
    return match !== null && !isRunning(Number(match[1]), Number(match[2]));
  });
}

function claim(parent: string, name: string, own: string, restore: boolean): void {
  const claimed = join(own, `claim-${name}`);
  try {
    renameSync(join(parent, name), claimed);
  } catch {
    return; // Another instance was quicker.
  }
  const target = restore ? own : join(own, RECOVERY_FOLDER);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  moveSegments(claimed, target);
  rmSync(claimed, { recursive: true, force: true });
}

/** Also those in folders of it: the dead instance's recovery, and claims that it did not finish. */
function moveSegments(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const path = join(from, entry.name);
    if (entry.isDirectory()) moveSegments(path, to);
    else if (
      parseSegmentName(entry.name) !== undefined ||
      entry.name === PARTIAL_MARKER ||
      isMarksFile(entry.name)
    ) {
      renameSync(path, join(to, entry.name));
    }
  }
}

function dropOldest(folder: string, budgetBytes: number): void {
  const { segments } = listSegments(NODE_DISK, folder);
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  for (const segment of segments) {
    if (bytes <= budgetBytes) return;
    rmSync(join(folder, segment.name), { force: true });
    bytes -= segment.bytes;
  }
}

/**
 * Whether the process that made a folder still runs. Its number alone does not tell, because numbers
 * come again: after a restart of the machine, and in a container at every start.
 */
function isRunning(pid: number, startedAt: number): boolean {
  if (pid !== process.pid && !isAlive(pid)) return false;
  const start = processStart(pid);
  if (start === undefined) return true;
  return process.platform === 'linux'
    ? start === startedAt
    : Math.abs(start - startedAt) < START_SLACK_MS;
}

/**
 * When a process started: on Linux in ticks since the boot (proc(5), stat, field 22), elsewhere ms
 * since the Unix epoch, known of this process alone. Undefined when it cannot be known.
 */
function processStart(pid: number): number | undefined {
  if (process.platform !== 'linux') {
    return pid === process.pid ? Math.round(Date.now() - process.uptime() * 1000) : undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command in parentheses may hold anything, so fields are counted from behind it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined; // Hidden from this user, or gone meanwhile.
  }
}
