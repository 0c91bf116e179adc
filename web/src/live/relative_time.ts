// "il y a 4 min" beside the absolute time that the server wrote.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The distance in words, or null after a day: then the absolute time says more. A future instant counts as now. */
export function relative(then: Date, now: Date, language: string): string | null {
  const age = Math.max(0, now.getTime() - then.getTime());
  if (!Number.isFinite(age) || age >= 24 * HOUR) return null;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  if (age < MINUTE) return language === "en" ? "just now" : "à l’instant";
  if (age < HOUR) return format.format(-Math.floor(age / MINUTE), "minute");
  return format.format(-Math.floor(age / HOUR), "hour");
}

/** Refreshes every `<time>` below a node; the server's own words come back when the distance says no more. */
export function refreshTimes(below: ParentNode, now: Date, language: string): void {
  for (const time of below.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    const absolute = (time.dataset["absolute"] ??= time.textContent ?? "");
    const text = relative(new Date(time.dateTime), now, language) ?? absolute;
    if (time.textContent !== text) time.textContent = text;
  }
}
