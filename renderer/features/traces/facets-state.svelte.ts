/** The chips that narrow the list, with how many traces each would leave. */
import { NO_FILTER, type FacetsMeta, type FacetsParams } from '../../../proto/live/topics.ts';
import type { LiveSubscription } from '../../../proto/live/client.ts';
import type { Session } from '../../session/session.svelte.ts';
import { COUNT_MS } from './hold.ts';

export class FacetsState {
  readonly #session: Session;
  #live: LiveSubscription<'facets'> | undefined;
  #params: FacetsParams = { filter: NO_FILTER, brush: null };
  #latest: FacetsMeta | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isHeld = false;
  #isDue = true;
  #meta = $state.raw<FacetsMeta | undefined>(undefined);

  constructor(session: Session) {
    this.#session = session;
    session.onReset(() => {
      this.#meta = undefined;
      this.#isDue = true;
    });
  }

  /** The chips; undefined until the first frame. */
  get meta(): FacetsMeta | undefined {
    return this.#meta;
  }

  /** Subscribes while the chips are shown; the result ends it. */
  attach(): () => void {
    this.#live = this.#session.live('facets', this.#params, {
      frame: ({ meta }) => {
        this.#latest = meta;
        // Counts change at most twice a second.
        if (this.#isDue) this.#apply();
        else {
          this.#timer ??= setTimeout(() => {
            this.#apply();
          }, COUNT_MS);
        }
      },
    });
    return () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#live?.close();
      this.#live = undefined;
    };
  }

  /** What to count. */
  ask(params: FacetsParams): void {
    if (JSON.stringify(params) === JSON.stringify(this.#params)) return;
    this.#params = params;
    this.#isDue = true;
    this.#latest = undefined;
    this.#live?.update(params);
  }

  /** A chip under the pointer stays where it is. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (!isHeld) this.#apply();
  }

  #apply(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#latest === undefined || (this.#isHeld && !this.#isDue)) return;
    this.#isDue = false;
    this.#meta = this.#latest;
  }
}

/** The chips of a session. */
export function facetsOf(session: Session): FacetsState {
  return session.keep('facets', () => new FacetsState(session));
}
