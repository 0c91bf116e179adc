import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Announcer } from "./announcer";

describe("announcements", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("l61 are at most one every thirty seconds, and count what came between", () => {
    const said: string[] = [];
    const announcer = new Announcer((text) => said.push(text), (n) => `${n} new`);
    for (let second = 0; second < 60; second++) {
      announcer.count(2);
      vi.advanceTimersByTime(1000);
    }
    // At 0, 30 and 60 seconds.
    expect(said).toEqual(["2 new", "58 new", "60 new"]);
  });

  it("say a state once, before the count", () => {
    const said: string[] = [];
    const announcer = new Announcer((text) => said.push(text), (n) => `${n} new`);
    announcer.count(1);
    announcer.note("offline");
    announcer.note("offline");
    announcer.count(3);
    vi.advanceTimersByTime(30_000);
    expect(said).toEqual(["1 new", "offline. 3 new"]);
    vi.advanceTimersByTime(300_000);
    expect(said.length).toBe(2);
  });
});
