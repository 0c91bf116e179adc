// <feed-map>: keeps the outline in step with the list. The table is the truth; the drawing shows its figures.
import { wordsIn } from "../words";

const LIT_MS = 4_000;

export class FeedMap extends HTMLElement {
  #leaving: AbortController | undefined;

  connectedCallback(): void {
    this.#leaving = new AbortController();
    document.addEventListener(
      "parvis:changed",
      (changed) => {
        this.#count();
        const zone = (changed as CustomEvent<{ zone: string | null }>).detail.zone;
        if (zone) this.#light(zone);
      },
      { signal: this.#leaving.signal },
    );
  }

  disconnectedCallback(): void {
    this.#leaving?.abort();
  }

  /** Counts the posts that are shown, zone by zone, into the table, and from there into the drawing. */
  #count(): void {
    const counts = new Map<string, number>();
    for (const card of document.querySelectorAll<HTMLElement>("#posts article[data-zone]")) {
      const zone = card.dataset["zone"] ?? "";
      counts.set(zone, (counts.get(zone) ?? 0) + 1);
    }
    for (const row of this.querySelectorAll<HTMLElement>("tr[data-zone]")) {
      const zone = row.dataset["zone"] ?? "";
      const figure = String(counts.get(zone) ?? 0);
      const cell = row.querySelector(".figure");
      if (cell && cell.textContent !== figure) cell.textContent = figure;
      const mark = this.querySelector(`text[data-count-of="${CSS.escape(zone)}"]`);
      if (mark) mark.textContent = figure === "0" ? "" : figure;
    }
    const located = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const caption = this.querySelector(".caption");
    const words = wordsIn(document.documentElement.lang === "en" ? "en" : "fr");
    if (caption) caption.textContent = words.located(located);
  }

  /** Lights the newest post's zone for a moment, here and in the emblem; not where motion is unwelcome. */
  #light(zone: string): void {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const shape of document.querySelectorAll(`path.zone[data-zone="${CSS.escape(zone)}"]`)) {
      shape.classList.add("lit");
      setTimeout(() => shape.classList.remove("lit"), LIT_MS);
    }
  }
}
