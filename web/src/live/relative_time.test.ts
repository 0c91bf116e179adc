import { describe, expect, it } from "vitest";
import { relative } from "./relative_time";

const now = new Date("2026-11-21T15:00:00Z");
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

describe("relative times", () => {
  it("are short, in the language of the page", () => {
    expect(relative(ago(20), now, "fr")).toBe("à l’instant");
    expect(relative(ago(4 * 60 + 59), now, "fr")?.replace(/\s/g, " ")).toBe("il y a 4 min");
    expect(relative(ago(3 * 3600), now, "fr")?.replace(/\s/g, " ")).toBe("il y a 3 h");
    expect(relative(ago(3600), now, "en")).toMatch(/^1 hr?\.? ago$/);
  });

  it("give way to the date after a day, and never speak of the future", () => {
    expect(relative(ago(24 * 3600), now, "fr")).toBeNull();
    expect(relative(ago(-300), now, "fr")).toBe("à l’instant");
    expect(relative(new Date("nonsense"), now, "fr")).toBeNull();
  });
});
