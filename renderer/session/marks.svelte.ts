/** The marks of the capture, as every screen sees them, and what a person does with them. */
import type { LiveSubscription, SubscriptionHandlers } from '../../proto/live/client.ts';
import { LiveFailure } from '../../proto/live/protocol.ts';
import type { Mark, MarksMeta } from '../../proto/live/topics.ts';
import type { Session } from './session.svelte.ts';

/** What marks need of the session. */
export type MarksSession = Pick<Session, 'request' | 'notices'> & {
  readonly route: Pick<Session['route'], 'screen' | 'hasList' | 'goToScreen'>;
  live(
    topic: 'marks',
    params: Record<string, never>,
    handlers: SubscriptionHandlers<'marks'>,
  ): LiveSubscription<'marks'>;
};

const NONE: MarksMeta = { marks: [], dropped: 0 };
/** Screens with a list that can go to a time. */
const LISTS: readonly string[] = ['traces', 'logs'];
/** The one message about marks: a newer one takes its place. */
const NOTICE = 'marks';

export class SessionMarks {
  readonly #session: MarksSession;
  #meta = $state.raw<MarksMeta>(NONE);
  #goal = $state.raw<Mark | undefined>(undefined);

  constructor(session: MarksSession) {
    this.#session = session;
    session.live('marks', {}, { frame: ({ meta }) => (this.#meta = meta) });
  }

  /** By time. */
  get list(): readonly Mark[] {
    return this.#meta.marks;
  }

  /** Marks that gave way to newer ones. */
  get dropped(): number {
    return this.#meta.dropped;
  }

  /** The latest mark; undefined when there is none. */
  get last(): Mark | undefined {
    return this.#meta.marks.at(-1);
  }

  get(id: string): Mark | undefined {
    return this.#meta.marks.find((mark) => mark.id === id);
  }

  /** The mark that a list is to go to; the list that does takes it away. */
  get goal(): Mark | undefined {
    return this.#goal;
  }

  /** Takes the list in view to the time of a mark; from a screen without one, that of the traces. */
  goTo(id: string): void {
    const { route } = this.#session;
    this.#goal = this.get(id);
    if (this.#goal === undefined || route.hasList || LISTS.includes(route.screen)) return;
    route.goToScreen('traces');
  }

  /** To be called by the list that goes to `goal`. */
  takeGoal(): void {
    this.#goal = undefined;
  }

  /** Drops a mark at this moment; undefined when that failed, which a notice says. */
  async add(): Promise<Mark | undefined> {
    return this.#try(() => this.#session.request('mark.add', {}));
  }

  /** A name of blanks leaves the one it has. */
  async rename(id: string, label: string): Promise<void> {
    if (label.trim() === '' || label === this.get(id)?.label) return;
    await this.#try(() => this.#session.request('mark.rename', { id, label }));
  }

  /** Takes a mark away; a notice offers to undo it. */
  async remove(id: string): Promise<void> {
    const label = this.get(id)?.label ?? 'Mark';
    const isRemoved = await this.#try(async () => {
      await this.#session.request('mark.remove', { id });
      return true;
    });
    if (isRemoved !== true) return;
    this.#session.notices.show({
      key: NOTICE,
      tone: 'info',
      text: `Removed the mark “${label}”.`,
      action: { label: 'Undo', run: () => void this.#restore(id) },
    });
  }

  async #restore(id: string): Promise<void> {
    this.#session.notices.dismiss(NOTICE);
    await this.#try(() => this.#session.request('mark.restore', { id }));
  }

  async #try<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof LiveFailure)) throw error;
      this.#session.notices.show({ key: NOTICE, tone: 'error', text: error.message });
      return undefined;
    }
  }
}

/** The marks of a session. */
export function marksOf(session: Session): SessionMarks {
  return session.keep('marks', () => new SessionMarks(session));
}
