/** When lines come faster than they can be read, the tail shows the newest page of each frame. */

/** Records per second above which it is a storm, and below which it has passed. */
const STORM_PER_SECOND = 2000;
const CALM_PER_SECOND = 1600;
/** Frames of the `logs` topic that arrive each second. */
const FRAMES_PER_SECOND = 10;

/** Whether a storm is on, given whether one was. */
export function isStorm(perSecond: number, wasStorm: boolean): boolean {
  return perSecond > (wasStorm ? CALM_PER_SECOND : STORM_PER_SECOND);
}

/** One of how many lines is shown, when each frame shows the newest `visibleRows`. At least 1. */
export function shownOneOf(perSecond: number, visibleRows: number): number {
  return Math.max(1, Math.round(perSecond / (Math.max(1, visibleRows) * FRAMES_PER_SECOND)));
}
