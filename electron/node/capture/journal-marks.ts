/**
 * The marks of a capture in its journal's folder: one small file a writer, written whole with every
 * change, so that marks come back with the telemetry that they stand in.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { MAX_MARK_LABEL, MAX_MARKS, type Mark } from '../../../proto/live/topics.ts';

const NAME = /^marks-[0-9a-f]{8}\.json$/;

const MARK = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
    timeUnixNano: v.pipe(v.string(), v.regex(/^(0|[1-9]\d{0,19})$/)),
    label: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_MARK_LABEL)),
    kind: v.picklist(['manual', 'restart']),
    service: v.optional(v.string()),
    instance: v.optional(v.string()),
  }),
  v.transform(({ service, instance, ...mark }): Mark => ({
    ...mark,
    ...(service === undefined ? {} : { service }),
    ...(instance === undefined ? {} : { instance }),
  })),
);
const MARKS = v.pipe(v.array(MARK), v.maxLength(MAX_MARKS));

/** Whether a file of a journal's folder holds marks. */
export function isMarksFile(name: string): boolean {
  return NAME.test(name);
}

/** Names of the files of marks in a folder. Throws the system's errors. */
export function listMarks(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter(isMarksFile);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The marks of all files of a folder. A file that is not one of ours holds none. Throws on other errors. */
export function readMarks(folder: string): readonly Mark[] {
  return listMarks(folder).flatMap((name) => {
    const read = v.safeParse(MARKS, parsed(readFileSync(join(folder, name), 'utf8')));
    return read.success ? read.output : [];
  });
}

/** Removes the marks of a folder. Throws the system's errors. */
export function removeMarks(folder: string): void {
  for (const name of listMarks(folder)) rmSync(join(folder, name), { force: true });
}

/** The file of one writer. */
export class MarksFile {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, `marks-${randomBytes(4).toString('hex')}.json`);
  }

  /** Replaces what the folder holds, whoever wrote it: these are all marks. Throws the system's errors. */
  write(marks: readonly Mark[]): void {
    const others = listMarks(this.#folder).map((name) => join(this.#folder, name));
    const isEmpty = marks.length === 0;
    if (!isEmpty) {
      const part = `${this.#path}.part`;
      writeFileSync(part, JSON.stringify(marks), { mode: 0o600 });
      renameSync(part, this.#path);
    }
    for (const path of others) {
      if (isEmpty || path !== this.#path) rmSync(path, { force: true });
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Cut off: files are written whole, so that somebody else did it.
  }
}
