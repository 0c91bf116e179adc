import { expect, test } from "vitest";
import { isCrowded } from "./folding";

test("q3: automatic cards are at most one in three, and three on a quiet square", () => {
  for (const [automatic, people, crowded] of [
    [0, 0, false],
    [2, 0, false],
    [3, 0, true],
    [3, 7, true],
    [3, 8, false],
    [4, 8, true],
    [19, 40, false],
    [20, 40, true],
  ] as const) {
    expect(isCrowded(automatic, people), `${automatic} beside ${people}`).toBe(crowded);
  }
});
