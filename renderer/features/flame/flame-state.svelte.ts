/**
 * What the Flame screen shows and where the person is in it. It outlives the screen. Nodes are numbered
 * anew with every frame, so places are kept as the labels from the root down.
 */
import { serviceSlots } from '../../canvas/draw-context.ts';
import type { DiffFlame } from '../../canvas/merge-diff.ts';
import { MergedFlame } from '../../canvas/merge-model.ts';
import type { LiveSubscription, TopicFrame } from '../../../proto/live/client.ts';
import type { Filter } from '../../../proto/live/topics.ts';
import type { Session } from '../../session/session.svelte.ts';

/** A merged flame graph and the slot byte of each of its strings. */
export interface ShownFlame {
  readonly flame: MergedFlame;
  readonly slots: Uint8Array;
  readonly diff?: DiffFlame;
}

export class FlameState {
  readonly #session: Session;
  #live: LiveSubscription<'flame'> | undefined;
  #filter: Filter = { text: '', services: [], notServices: [] };
  #isOtherFilter = false;
  #waiting: TopicFrame<'flame'> | undefined;

  #shown = $state.raw<ShownFlame | undefined>(undefined);
  #error = $state('');
  #zoom = $state.raw<readonly string[]>([]);
  #selected = $state.raw<readonly string[] | undefined>(undefined);

  constructor(session: Session) {
    this.#session = session;
    session.onReset(() => {
      this.#shown = undefined;
      this.#waiting = undefined;
    });
  }

  get shown(): ShownFlame | undefined {
    return this.#shown;
  }

  /** Why the engine refuses the query; '' when it does not. */
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

  zoomTo(node: number): void {
    this.#zoom = this.#labels(node);
  }

  select(node: number | undefined): void {
    this.#selected = node === undefined ? undefined : this.#labels(node);
  }

  /** Subscribes while the screen is shown; the result ends it. */
  attach(): () => void {
    this.#live = this.#session.live(
      'flame',
      { filter: this.#filter },
      {
        frame: (frame) => {
          this.#onFrame(frame);
        },
        ended: ({ message }) => {
          this.#error = message;
        },
      },
    );
    return () => {
      this.#live?.close();
      this.#live = undefined;
    };
  }

  /** Asks for the traces of another filter. It is answered even in a pause. */
  setFilter(filter: Filter): void {
    if (JSON.stringify(filter) === JSON.stringify(this.#filter)) return;
    this.#filter = filter;
    this.#isOtherFilter = true;
    this.#waiting = undefined;
    this.#error = '';
    this.#live?.update({ filter });
  }

  /** Shows what came during a pause. */
  catchUp(): void {
    if (this.#waiting !== undefined) this.#show(this.#waiting);
    this.#waiting = undefined;
  }

  #labels(node: number): readonly string[] {
    const flame = this.#shown?.flame;
    return flame === undefined ? [] : flame.path(node).map((step) => flame.label(step));
  }

  #onFrame(frame: TopicFrame<'flame'>): void {
    const isHeld = this.#session.isPaused && !this.#isOtherFilter;
    if (isHeld && this.#shown?.flame.meta.merged === true) this.#waiting = frame;
    else this.#show(frame);
  }

  #show({ meta, columns }: TopicFrame<'flame'>): void {
    this.#error = '';
    if (meta.merged) this.#isOtherFilter = false;
    const slots = serviceSlots(meta.strings, columns.serviceStr, (service) =>
      this.#session.colours.of(service),
    );
    this.#shown = { flame: new MergedFlame(meta, columns), slots };
  }
}

/** The session's one. */
export function flameOf(session: Session): FlameState {
  return session.keep('flame', () => new FlameState(session));
}
