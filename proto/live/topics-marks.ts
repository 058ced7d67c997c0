/** The topic of the marks: named moments that every time chart shows. No columns. */

/** A person dropped it, or a process of a service took the place of an earlier one. */
export type MarkKind = 'manual' | 'restart';

/** A named moment. */
export interface Mark {
  /** Names it for as long as the capture lives, also after a crash of the engine. */
  readonly id: string;
  readonly timeUnixNano: string;
  /** Never empty; at most MAX_MARK_LABEL characters. */
  readonly label: string;
  readonly kind: MarkKind;
  /** `service.name` of what restarted. */
  readonly service?: string;
  /** What tells the new process from others, where it says so: instance id, process id or host. */
  readonly instance?: string;
}

export interface MarksMeta {
  /** By time, those of one moment in the order in which they were made. All there are. */
  readonly marks: readonly Mark[];
  /** Marks that gave way to newer ones: the oldest automatic ones first. */
  readonly dropped: number;
}

/** The most marks that are kept. */
export const MAX_MARKS = 200;
/** The longest name of a mark, in UTF-16 units. */
export const MAX_MARK_LABEL = 120;
