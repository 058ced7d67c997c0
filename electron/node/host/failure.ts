/** Failures that cross process boundaries: a code that programs read and a sentence for people. */
import type { ControlFailure } from './control.ts';

/** A ControlFailure as an error. */
export class HostFailure extends Error {
  override readonly name = 'HostFailure';
  readonly code: ControlFailure['code'];

  constructor(failure: ControlFailure) {
    super(failure.message);
    this.code = failure.code;
  }
}

/** What to tell about any error: its own code, `io` for the system's, `failed` for the rest. */
export function toFailure(error: unknown): ControlFailure {
  if (error instanceof HostFailure) return { code: error.code, message: error.message };
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) };
  if (error.name === 'AbortError') return { code: 'cancelled', message: 'It was cancelled.' };
  if ('syscall' in error) return { code: 'io', message: describeSystemError(error) };
  return { code: 'failed', message: error.message };
}

const SYSTEM_SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file or folder.',
  ENOTDIR: 'There is no such folder.',
  EEXIST: 'A file of this name is in the way.',
  EISDIR: 'This is a folder, not a file.',
  EACCES: 'This account may not do that there.',
  EPERM: 'This account may not do that there.',
  EROFS: 'The disk may only be read.',
  ENOSPC: 'The disk is full.',
};

/** A sentence for the usual ways that files fail; else the system's own words. */
function describeSystemError(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return SYSTEM_SENTENCES[code] ?? error.message;
}
