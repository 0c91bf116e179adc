import { describe, expect, it } from "vitest";
import { Pending } from "./pending";

const post = (position: number, card = `card ${position}`) => ({ id: `p${position}`, position, card });

describe("pending posts", () => {
  it("come out once, oldest first", () => {
    const pending = new Pending<string>();
    [3, 1, 2].forEach((n) => pending.put(post(n)));
    expect(pending.take().map((p) => p.id)).toEqual(["p1", "p2", "p3"]);
    expect(pending.take()).toEqual([]);
  });

  it("d5 a post removed or edited while it waits is shown as it is now, or not at all", () => {
    const pending = new Pending<string>();
    pending.put(post(1));
    pending.put(post(2));
    pending.put(post(1, "edited"));
    expect(pending.drop("p2")).toBe(true);
    expect(pending.drop("p9")).toBe(false);
    expect(pending.take().map((p) => p.card)).toEqual(["edited"]);
  });

  it("d5 what the page no longer has is let go", () => {
    const pending = new Pending<string>();
    [1, 2, 3].forEach((n) => pending.put(post(n)));
    pending.retain(new Set(["p2", "p9"]));
    expect(pending.take().map((p) => p.id)).toEqual(["p2"]);
  });

  it("keeps the newest at its bound, and says that some are missing", () => {
    const pending = new Pending<string>(2);
    [1, 2, 3].forEach((n) => pending.put(post(n)));
    expect(pending.overflowed).toBe(true);
    expect(pending.take().map((p) => p.id)).toEqual(["p2", "p3"]);
    expect(pending.overflowed).toBe(false);
  });
});
