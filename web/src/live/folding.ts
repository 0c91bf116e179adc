// Which automatic cards stand by themselves: at most one in three of what is seen. Pure.

/** People's cards between two automatic ones, at least; the server knows the same figure (`sections.rs`). */
const PEOPLE_BETWEEN = 2;

/**
 * Whether an automatic card at `place` among those that stand, newest first, would crowd people out.
 * Where nobody speaks it does not.
 */
export function isCrowded(automatic: readonly boolean[], place: number): boolean {
  if (automatic.every(Boolean)) return false;
  const near = automatic.slice(Math.max(place - PEOPLE_BETWEEN, 0), place + PEOPLE_BETWEEN);
  return near.some(Boolean);
}
