// When to try again after a connection has ended. Pure: the caller gives the randomness.

/** What the server's close code asks for (see the live WebSocket in the interface). */
export type AfterClose = "again" | "much-later" | "never";

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
const MUCH_LATER_MS = 60_000;

export function afterClose(code: number): AfterClose {
  switch (code) {
    case 4004: // unknown or deleted city
      return "never";
    case 4029: // too many sessions from this address
      return "much-later";
    default: // 4001 going away, 4008 too slow, 1006 cut
      return "again";
  }
}

/**
 * Milliseconds to wait before attempt number `failures` (0 for the first one after a good session): doubles up to
 * thirty seconds, and is spread over the upper half, so that a whole city does not come back at the same instant.
 */
export function delayMs(failures: number, after: Exclude<AfterClose, "never">, random: () => number): number {
  const step = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  const longest = after === "much-later" ? Math.max(step, MUCH_LATER_MS) : step;
  return Math.round(longest / 2 + (random() * longest) / 2);
}

/** After so many connections in a row that never said hello, the page is polled beside further attempts. */
export const FAILURES_BEFORE_POLLING = 3;
