/** Allows something at most `limit` times within any `windowMs`. */
export interface CrashBudget {
  /** Takes one, or says false when the budget is used up. `nowMs` never runs backwards. */
  take(nowMs: number): boolean;
}

/** A budget that counts in a sliding window. */
export function createCrashBudget(limit: number, windowMs: number): CrashBudget {
  let taken: number[] = [];
  return {
    take(nowMs) {
      taken = taken.filter((at) => nowMs - at < windowMs);
      if (taken.length >= limit) return false;
      taken.push(nowMs);
      return true;
    },
  };
}
