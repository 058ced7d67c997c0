/**
 * How traces were last looked at, so that coming back to one finds the same stretch of time and the same
 * span. What the URL says goes first; this is gone with the page.
 */
import type { TimeWindow } from '../../base/time-scale.ts';
import type { WindowPlace } from '../../canvas/layout-intake.ts';
import type { Session } from '../../session/session.svelte.ts';

/** One trace as it was left. */
export interface KeptView {
  readonly window: TimeWindow;
  /** What the window is counted from. */
  readonly place: WindowPlace;
  /** Id of the selected span; '' when the panel was closed. */
  readonly spanId: string;
  /** Ids of the spans that are folded in the waterfall, and of the first ones of runs that are not. */
  readonly folded: readonly string[];
  readonly unrolled: readonly string[];
}

/** The trace that was left longest ago makes room. */
const MOST = 64;

const bySession = new WeakMap<Session, Map<string, KeptView>>();

/** How a trace was left; undefined for one that was not open lately. */
export function keptView(session: Session, traceId: string): KeptView | undefined {
  return bySession.get(session)?.get(traceId);
}

export function keepView(session: Session, traceId: string, view: KeptView): void {
  let views = bySession.get(session);
  if (views === undefined) bySession.set(session, (views = new Map<string, KeptView>()));
  views.delete(traceId);
  views.set(traceId, view);
  const [oldest] = views.keys();
  if (views.size > MOST && oldest !== undefined) views.delete(oldest);
}
