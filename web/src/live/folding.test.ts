import { expect, test } from "vitest";
import { isCrowded } from "./folding";

test("q3: between two automatic cards there are two of people, unless nobody speaks", () => {
  for (const [standing, place, crowded] of [
    ["", 0, false],
    ["aaa", 0, false],
    ["p", 0, false],
    ["ap", 0, true],
    ["pap", 0, true],
    ["ppa", 0, false],
    ["ppap", 4, true],
    ["appp", 4, false],
    ["appa", 2, true],
    ["apppppa", 4, false],
  ] as const) {
    const automatic = [...standing].map((kind) => kind === "a");
    expect(isCrowded(automatic, place), `${standing} at ${place}`).toBe(crowded);
  }
});
