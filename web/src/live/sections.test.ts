import { describe, expect, it } from "vitest";
import { wordsIn } from "../words";
import { sectionKey, sectionTitle } from "./sections";

describe("sections", () => {
  const late = new Date("2026-11-22T23:30:00Z");

  it("q3 are days of the city, or weeks from Monday", () => {
    expect(sectionKey(late, "Europe/Paris", "live")).toBe("2026-11-23");
    expect(sectionKey(late, "America/Montreal", "today")).toBe("2026-11-22");
    expect(sectionKey(late, "America/Montreal", "week")).toBe("2026-11-16");
    expect(sectionKey(late, "Europe/Paris", "week")).toBe("2026-11-23");
  });

  it("are named as the server names them", () => {
    const title = (key: string, rhythm: "live" | "week", language: "fr" | "en" = "fr") =>
      sectionTitle(key, "2026-11-23", rhythm, wordsIn(language), language);
    expect(title("2026-11-23", "live")).toEqual({ heading: "Aujourd’hui", date: "lundi 23 novembre" });
    expect(title("2026-11-22", "live", "en")).toEqual({ heading: "Yesterday", date: "Sunday 22 November" });
    expect(title("2026-11-01", "live")).toEqual({ heading: "dimanche 1 novembre", date: null });
    expect(title("2026-11-16", "week")).toEqual({ heading: "La semaine dernière", date: null });
    expect(title("2026-11-02", "week", "en")).toEqual({ heading: "Week of Monday 2 November", date: null });
  });
});
