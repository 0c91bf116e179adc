import { describe, expect, it } from "vitest";
import { wordsIn } from "../words";
import { sectionKey, sectionTitle } from "./sections";

describe("sections", () => {
  const late = new Date("2026-11-22T23:30:00Z");

  it("are days of the city", () => {
    expect(sectionKey(late, "Europe/Paris")).toBe("2026-11-23");
    expect(sectionKey(late, "America/Montreal")).toBe("2026-11-22");
  });

  it("are named as the server names them", () => {
    const title = (key: string, language: "fr" | "en" = "fr") =>
      sectionTitle(key, "2026-11-23", wordsIn(language), language);
    expect(title("2026-11-23")).toEqual({ heading: "Aujourd’hui", date: "lundi 23 novembre" });
    expect(title("2026-11-22", "en")).toEqual({ heading: "Yesterday", date: "Sunday 22 November" });
    expect(title("2026-11-01")).toEqual({ heading: "dimanche 1er novembre", date: null });
    expect(title("2026-11-11")).toEqual({ heading: "mercredi 11 novembre", date: null });
  });
});
