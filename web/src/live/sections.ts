// Days and weeks of a city, as the server divides its page by them. Pure.
import type { Language, Words } from "../words";

export type Rhythm = "live" | "today" | "week";

const DAY_MS = 86_400_000;

/** `2026-11-21`: the day of an instant in a time zone, or the Monday of its week. */
export function sectionKey(at: Date, timeZone: string, rhythm: Rhythm): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const day = parts.format(at);
  if (rhythm !== "week") return day;
  const date = utc(day);
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  return new Date(date.getTime() - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** A section's title as seen in the section `current`. */
export function sectionTitle(
  key: string,
  current: string,
  rhythm: Rhythm,
  words: Words,
  language: Language,
): { heading: string; date: string | null } {
  const days = Math.round((utc(current).getTime() - utc(key).getTime()) / DAY_MS);
  const day = dayName(key, language);
  if (rhythm === "week") {
    const heading = days === 0 ? words.thisWeek : days === 7 ? words.lastWeek : words.weekOf(day);
    return { heading, date: null };
  }
  if (days === 0) return { heading: words.today, date: day };
  if (days === 1) return { heading: words.yesterday, date: day };
  return { heading: day, date: null };
}

function dayName(key: string, language: Language): string {
  const locale = language === "en" ? "en-GB" : "fr";
  const format = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
  return format.format(utc(key)).replace(",", "");
}

/** A key as an instant; keys carry no zone, so they are compared in UTC. */
function utc(key: string): Date {
  return new Date(`${key}T00:00:00Z`);
}
