// Days of a city, as the server divides its page by them. Pure.
import type { Language, Words } from "../words";

const DAY_MS = 86_400_000;

/** `2026-11-21`: the day of an instant in a time zone. */
export function sectionKey(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(at);
}

/** A section's title as seen on the day `current`. */
export function sectionTitle(
  key: string,
  current: string,
  words: Words,
  language: Language,
): { heading: string; date: string | null } {
  const days = Math.round((utc(current).getTime() - utc(key).getTime()) / DAY_MS);
  const day = dayName(key, language);
  if (days === 0) return { heading: words.today, date: day };
  if (days === 1) return { heading: words.yesterday, date: day };
  return { heading: day, date: null };
}

function dayName(key: string, language: Language): string {
  const locale = language === "en" ? "en-GB" : "fr";
  const format = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
  const name = format.format(utc(key)).replace(",", "");
  // French writes the first of a month as an ordinal; Intl does not.
  return language === "fr" ? name.replace(" 1 ", " 1er ") : name;
}

/** A key as an instant; keys carry no zone, so they are compared in UTC. */
function utc(key: string): Date {
  return new Date(`${key}T00:00:00Z`);
}
