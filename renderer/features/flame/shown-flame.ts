/** From a frame of a topic to what is drawn: without what is hidden, with the colours of what it shows. */
import { ServiceColours, type ServiceColour } from '../../base/service-colour.ts';
import { serviceSlots } from '../../canvas/draw-context.ts';
import { DiffFlame } from '../../canvas/merge-diff.ts';
import { withoutNodes } from '../../canvas/merge-hide.ts';
import { MergedFlame, type MergeMeasure } from '../../canvas/merge-model.ts';
import type { TopicFrame } from '../../../proto/live/client.ts';
import type { Session } from '../../session/session.svelte.ts';

/** A merged flame graph and the slot byte of each of its strings. */
export interface ShownFlame {
  readonly flame: MergedFlame;
  readonly slots: Uint8Array;
}

/** A comparison and its colours. */
export interface ShownDiff extends ShownFlame {
  readonly diff: DiffFlame;
}

/** The measures of the screen, the first of them first. */
export const MEASURES = [
  { value: 'mean', label: 'Mean time per trace' },
  { value: 'total', label: 'Total time' },
  { value: 'self', label: 'Self time' },
  { value: 'count', label: 'Count' },
] as const;

/** The measure that a parameter of the URL names. */
export function measureOf(param: string): MergeMeasure {
  return MEASURES.find(({ value }) => value === param)?.value ?? 'mean';
}

export function showFlame(
  session: Session,
  { meta, columns }: TopicFrame<'flame'>,
  hidden: ReadonlySet<string>,
): ShownFlame {
  const whole = new MergedFlame(meta, columns);
  if (hidden.size === 0) return { flame: whole, slots: slotsOf(session, whole) };
  const rest = withoutNodes(columns, ['attributedNs'], (node) => hidden.has(whole.label(node)));
  const flame = new MergedFlame(meta, rest);
  return { flame, slots: slotsOf(session, flame) };
}

export function showDiff(
  session: Session,
  { meta, columns }: TopicFrame<'flameDiff'>,
  hidden: ReadonlySet<string>,
  measure: MergeMeasure,
): ShownDiff {
  const whole = new DiffFlame(meta, columns, measure);
  if (hidden.size === 0) return withSlots(session, whole);
  const isHidden = (node: number): boolean => hidden.has(whole.flame.label(node));
  const rest = withoutNodes(columns, ['aNs', 'bNs', 'widthNs'], isHidden);
  return withSlots(session, new DiffFlame(meta, rest, measure));
}

function withSlots(session: Session, diff: DiffFlame): ShownDiff {
  return { diff, flame: diff.flame, slots: slotsOf(session, diff.flame) };
}

function slotsOf(session: Session, flame: MergedFlame): Uint8Array {
  const { by, strings } = flame.meta;
  return serviceSlots(strings, flame.colourStr, colourOf(session, by));
}

/** The labels of a node from the root down. */
export function labelsOf(flame: MergedFlame, node: number): readonly string[] {
  return flame.path(node).map((step) => flame.label(step));
}

/** Colours of values that are folded by: apart from those of services, which keep theirs. */
const valueColours = new ServiceColours();

/** The colours of what is folded by. */
export function colourOf(session: Session, by: string): (name: string) => ServiceColour {
  const colours = by === '' || by === 'service' ? session.colours : valueColours;
  return (name) => colours.of(name);
}
