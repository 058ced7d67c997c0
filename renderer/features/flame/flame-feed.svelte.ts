/**
 * One subscription of the Flame screen, and where the person is in what it shows. It outlives the
 * screen. Nodes are numbered anew with every frame, so places are kept as the labels from the root down.
 */
import type { LiveSubscription, TopicFrame } from '../../../proto/live/client.ts';
import type { Topics } from '../../../proto/live/topics.ts';
import type { Session } from '../../session/session.svelte.ts';

type FlameTopic = 'flame' | 'flameDiff';

/** What a topic sends, held in a pause, and kept until what was asked next is merged. */
export class FlameFeed<T extends FlameTopic> {
  readonly session: Session;
  readonly #topic: T;
  #live: LiveSubscription<T> | undefined;
  #params: Topics[T]['params'] | undefined;
  #waiting: TopicFrame<T> | undefined;

  #frame = $state.raw<TopicFrame<T> | undefined>(undefined);
  #isAsked = $state(true);
  #error = $state('');
  #zoom = $state.raw<readonly string[]>([]);
  #selected = $state.raw<readonly string[] | undefined>(undefined);
  #hidden = $state.raw<ReadonlySet<string>>(new Set());

  constructor(session: Session, topic: T) {
    this.session = session;
    this.#topic = topic;
    session.onReset(() => {
      this.#frame = undefined;
      this.#waiting = undefined;
    });
  }

  /** The newest frame that is shown; a view of its columns is valid until the next. */
  get frame(): TopicFrame<T> | undefined {
    return this.#frame;
  }

  /** Whether what is shown is not yet what was asked for. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** Why the engine refuses what was asked; '' when it does not. */
  get error(): string {
    return this.#error;
  }

  /** Labels of the node that the graph is zoomed to; none for all traces. */
  get zoom(): readonly string[] {
    return this.#zoom;
  }

  /** Labels of the selected node; none for all traces, undefined without a selection. */
  get selected(): readonly string[] | undefined {
    return this.#selected;
  }

  /** Labels of operations that are hidden wherever they are. */
  get hidden(): ReadonlySet<string> {
    return this.#hidden;
  }

  zoomTo(labels: readonly string[]): void {
    this.#zoom = labels;
  }

  select(labels: readonly string[] | undefined): void {
    this.#selected = labels;
  }

  hide(label: string): void {
    this.#hidden = new Set([...this.#hidden, label]);
    this.#selected = undefined;
  }

  showHidden(): void {
    this.#hidden = new Set();
  }

  /** Subscribes while the screen is shown, once something was asked; the result ends it. */
  attach(): () => void {
    this.#subscribe();
    return () => {
      this.#live?.close();
      this.#live = undefined;
    };
  }

  /** Asks for something else. It is answered even in a pause. */
  ask(params: Topics[T]['params']): void {
    if (JSON.stringify(params) === JSON.stringify(this.#params)) return;
    this.#params = params;
    this.#isAsked = true;
    this.#waiting = undefined;
    this.#error = '';
    if (this.#live === undefined) this.#subscribe();
    else this.#live.update(params);
  }

  /** Shows what came during a pause. */
  catchUp(): void {
    if (this.#waiting !== undefined) this.#show(this.#waiting);
    this.#waiting = undefined;
  }

  #subscribe(): void {
    if (this.#params === undefined) return;
    this.#live = this.session.live(this.#topic, this.#params, {
      frame: (frame) => {
        const isHeld = this.session.isPaused && !this.#isAsked;
        if (isHeld && this.#frame?.meta.merged === true) this.#waiting = frame;
        else this.#show(frame);
      },
      ended: ({ message }) => {
        this.#error = message;
        this.#live = undefined;
      },
    });
  }

  #show(frame: TopicFrame<T>): void {
    this.#error = '';
    // A graph that is there stays until the next one is merged.
    if (!frame.meta.merged && this.#frame?.meta.merged === true) return;
    if (frame.meta.merged) this.#isAsked = false;
    this.#frame = frame;
  }
}

/** The session's one of a topic. */
export function feedOf<T extends FlameTopic>(session: Session, topic: T): FlameFeed<T> {
  return session.keep(topic, () => new FlameFeed(session, topic));
}
