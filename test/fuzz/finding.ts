/** What a campaign reports: how far it came, or the input that broke an invariant. */
import type { Input } from './corpus.ts';

export interface Report {
  readonly inputs: number;
  /** Whatever the target counts besides, in words. */
  readonly detail: string;
}

/** An invariant broken by an input; `--target` and `--seed` of the message repeat it. */
export class Finding extends Error {
  override readonly name = 'Finding';
  /** The input that was taken last, when there is one. */
  readonly input: Input | undefined;

  constructor(target: string, seed: number, round: number, cause: unknown, input?: Input) {
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(`${target}, seed ${seed}, round ${round}: ${what}`, { cause });
    this.input = input;
  }
}

/** Throws when a fact does not hold. */
export function assertFact(holds: boolean, fact: string): asserts holds {
  if (!holds) throw new Error(`not so: ${fact}`);
}
