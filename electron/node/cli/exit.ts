/** How commands end. */

/** Exit codes of the command line. */
export const EXIT = { ok: 0, failed: 1, usage: 2, portTaken: 3, noInstance: 4 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with an exit code and a sentence for the person. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
