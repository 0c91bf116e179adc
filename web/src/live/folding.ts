// Which automatic cards stand by themselves: at most one in three of what is seen. Pure.

/** Those that may stand whatever else is there; the server knows the same figure (`sections.rs`). */
const AUTOMATIC_MIN = 3;

/** Whether one more automatic card is one too many beside these. */
export function isCrowded(automatic: number, people: number): boolean {
  return automatic >= Math.max(Math.floor(people / 2), AUTOMATIC_MIN);
}
