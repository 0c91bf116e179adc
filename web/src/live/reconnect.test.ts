import { describe, expect, it } from "vitest";
import { afterClose, delayMs } from "./reconnect";

describe("reconnecting", () => {
  it("w1 goes on after a drain and a slow close, waits when told so, and stops for a deleted city", () => {
    expect([4001, 4008, 1006, 1000].map(afterClose)).toEqual(["again", "again", "again", "again"]);
    expect(afterClose(4029)).toBe("much-later");
    expect(afterClose(4004)).toBe("never");
  });

  it("grows to thirty seconds and never further", () => {
    expect([0, 1, 2, 5, 50].map((n) => delayMs(n, "again", () => 1))).toEqual([1000, 2000, 4000, 30000, 30000]);
    expect(delayMs(0, "much-later", () => 1)).toBe(60_000);
  });

  it("is spread, and never less than half", () => {
    expect(delayMs(3, "again", () => 0)).toBe(4000);
    expect(delayMs(3, "again", () => 0.5)).toBe(6000);
  });
});
