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
  const isSystem = 'syscall' in error;
  return { code: isSystem ? 'io' : 'failed', message: error.message };
}
