/** Drops a mark when a process took the place of another (store/processes.ts says when that is). */
import type { Mark } from '../../../proto/live/topics.ts';
import type { Clock, Scheduler } from '../config.ts';
import type { Processes, Restart } from '../store/processes.ts';
import type { Marks } from './marks.ts';

/** How often it is asked whether something has become clear, while something is unclear. */
const LOOK_MS = 1_000;
/** The longest part of a service's name that stands in a label, in UTF-16 units. */
const MAX_NAME = 80;

export class RestartMarks {
  readonly #runtime: { readonly clock: Clock; readonly scheduler: Scheduler };
  readonly #processes: Processes;
  readonly #marks: Marks;
  readonly #made = new WeakMap<Restart, Mark>();
  #cancel: (() => void) | undefined;

  constructor(
    runtime: { readonly clock: Clock; readonly scheduler: Scheduler },
    processes: Processes,
    marks: Marks,
  ) {
    this.#runtime = runtime;
    this.#processes = processes;
    this.#marks = marks;
  }

  /** To be called after items arrived. O(1). */
  look(): void {
    if (this.#cancel !== undefined || !this.#processes.isUnsettled) return;
    this.#cancel = this.#runtime.scheduler.after(LOOK_MS, () => {
      this.#cancel = undefined;
      this.#settle();
      this.look();
    });
  }

  close(): void {
    this.#cancel?.();
  }

  #settle(): void {
    for (const { type, restart } of this.#processes.settle(this.#runtime.clock.nowMs())) {
      if (type === 'happened') this.#made.set(restart, this.#add(restart));
      else {
        const mark = this.#made.get(restart);
        if (mark !== undefined) this.#marks.withdraw(mark);
      }
    }
  }

  #add({ service, instance, timeMs }: Restart): Mark {
    const name = service.length > MAX_NAME ? `${service.slice(0, MAX_NAME)}…` : service;
    return this.#marks.add({
      kind: 'restart',
      label: `${name} restarted`,
      timeUnixNano: String(BigInt(Math.round(timeMs)) * 1_000_000n),
      service,
      ...(instance === '' ? {} : { instance }),
    });
  }
}
