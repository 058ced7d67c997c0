/** What a comparison shows. Its places are labels from the root down, for nodes are numbered anew. */
import { serviceSlots } from '../../canvas/draw-context.ts';
import { DiffFlame } from '../../canvas/merge-diff.ts';
import type { TopicFrame } from '../../../proto/live/client.ts';
import type { FlameDiffParams } from '../../../proto/live/topics.ts';
import type { Session } from '../../session/session.svelte.ts';
import type { ShownFlame } from './flame-state.svelte.ts';

/** A comparison on the screen. */
export type ShownDiff = ShownFlame & { readonly diff: DiffFlame };

export class CompareState {
  readonly #session: Session;
  #isAsked = true;
  #waiting: TopicFrame<'flameDiff'> | undefined;
  shown = $state.raw<ShownDiff | undefined>(undefined);
  error = $state('');
  zoom = $state.raw<readonly string[]>([]);
  selected = $state.raw<readonly string[] | undefined>(undefined);

  constructor(session: Session) {
    this.#session = session;
  }

  /** Subscribes with the first parameters; the result ends it and takes others. */
  attach(params: FlameDiffParams): { update(params: FlameDiffParams): void; close(): void } {
    const live = this.#session.live('flameDiff', params, {
      frame: (frame) => {
        const isHeld = this.#session.isPaused && !this.#isAsked;
        if (isHeld) this.#waiting = frame;
        else this.#show(frame);
      },
      ended: ({ message }) => {
        this.error = message;
      },
    });
    return {
      update: (next) => {
        this.#isAsked = true;
        this.#waiting = undefined;
        this.error = '';
        live.update(next);
      },
      close: () => {
        live.close();
      },
    };
  }

  /** Shows what came during a pause. */
  catchUp(): void {
    if (this.#waiting !== undefined) this.#show(this.#waiting);
    this.#waiting = undefined;
  }

  /** The labels of a node from the root down. */
  labels(node: number): readonly string[] {
    const flame = this.shown?.flame;
    return flame === undefined ? [] : flame.path(node).map((step) => flame.label(step));
  }

  #show({ meta, columns }: TopicFrame<'flameDiff'>): void {
    this.error = '';
    if (meta.merged) this.#isAsked = false;
    const slots = serviceSlots(meta.strings, columns.serviceStr, (service) =>
      this.#session.colours.of(service),
    );
    const diff = new DiffFlame(meta, columns);
    this.shown = { diff, flame: diff.flame, slots };
  }
}
