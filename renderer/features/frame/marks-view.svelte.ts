/** What the title bar shows of marks: nothing, the field that names a new one, or all of them. */
import type { Mark } from '../../../proto/live/topics.ts';
import type { SessionMarks } from '../../session/marks.svelte.ts';

export class MarksView {
  readonly #marks: SessionMarks;
  #named = $state.raw<Mark | undefined>(undefined);
  #isListed = $state(false);

  constructor(marks: SessionMarks) {
    this.#marks = marks;
  }

  /** The mark that was just dropped and wants a name. */
  get named(): Mark | undefined {
    return this.#named;
  }

  /** All marks are listed. */
  get isListed(): boolean {
    return this.#isListed;
  }

  /** Drops a mark at this moment, and asks for its name. */
  async drop(): Promise<void> {
    const mark = await this.#marks.add();
    if (mark === undefined) return;
    this.#isListed = false;
    this.#named = mark;
  }

  toggleList(): void {
    this.#named = undefined;
    this.#isListed = !this.#isListed;
  }

  close(): void {
    this.#named = undefined;
    this.#isListed = false;
  }
}
