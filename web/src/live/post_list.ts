// The list of posts as it stands in the page: finds, inserts, replaces and removes cards, and keeps its sections.
// Owns the elements below #posts; does not decide when anything is shown.
import type { Language, Words } from "../words";
import { isCrowded } from "./folding";
import { sectionKey, sectionTitle } from "./sections";

/** More articles than this are let go from the bottom; "older posts" leads to them. */
export const ARTICLES_MAX = 200;

export interface ListOptions {
  language: Language;
  words: Words;
  timeZone: string;
  /** An older page: nothing is added at its top. */
  older: boolean;
  /** Automatic cards beyond one in three are folded together. */
  folds: boolean;
}

export class PostList {
  constructor(
    readonly root: HTMLElement,
    private readonly options: ListOptions,
  ) {}

  article(id: string): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`article[data-id="${CSS.escape(id)}"]`);
  }

  /** The cards that stand by themselves, newest first. */
  roots(): HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>("section > ol > li > article")];
  }

  /** Whether a card that stands by itself would be the newest here. */
  isAboveAll(card: HTMLElement): boolean {
    const newest = this.roots()[0];
    const { id, thread } = card.dataset;
    return newest !== undefined && (!thread || thread === id) && position(card) > position(newest);
  }

  /** Whether this page reaches to where a card stands: a reply under its post, any other above the oldest. */
  hasPlaceFor(card: HTMLElement): boolean {
    const { id, thread } = card.dataset;
    if (thread && thread !== id) return this.article(thread) !== null;
    const roots = this.roots();
    const next = roots.findIndex((other) => position(other) < position(card));
    if (next === 0) return !this.options.older;
    if (next > 0 || roots.length === 0) return true;
    return !this.options.older && !document.querySelector("[data-older-link]");
  }

  /** Puts a card where its position says. False when this page has no place for it. */
  insert(card: HTMLElement): boolean {
    this.root.querySelector("[data-empty]")?.remove();
    if (!this.hasPlaceFor(card)) return false;
    const thread = card.dataset["thread"];
    if (thread && thread !== card.dataset["id"]) return this.#insertReply(card, thread);
    const roots = this.roots();
    const next = roots.find((other) => position(other) < position(card));
    if (this.#isOneTooMany(card, roots, next)) return this.#fold(card);
    const entry = wrap(card);
    if (next && next !== roots[0]) {
      next.closest("li")?.before(entry);
    } else if (!next && roots.length > 0) {
      roots.at(-1)?.closest("li")?.after(entry);
    } else {
      this.#topSection(card).prepend(entry);
    }
    return true;
  }

  /** Exchanges a card for its newer form; the focus stays on the same link. */
  replace(card: HTMLElement): void {
    const old = this.article(card.dataset["id"] ?? "");
    if (!old) return;
    const focused = old.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const act = focused?.dataset["act"];
    // What its reader opened stays open; what is folded only now is folded for everybody.
    for (const line of ["details.sensitive", "details.covered"]) {
      const opened = old.querySelector<HTMLDetailsElement>(line)?.open;
      const twin = card.querySelector<HTMLDetailsElement>(line);
      if (opened && twin) twin.open = true;
    }
    old.replaceWith(card);
    if (focused) (card.querySelector<HTMLElement>(`[data-act="${act ?? ""}"]`) ?? card).focus({ preventScroll: true });
  }

  /** Takes a card away. True when the focus was on it; it then goes to the next post. */
  remove(id: string): boolean {
    const entry = this.article(id)?.closest("li");
    if (!entry) return false;
    const focused = entry.contains(document.activeElement);
    // What stands behind a closed line can't have the focus.
    const isReachable = (other: HTMLElement) => !entry.contains(other) && !other.closest("details:not([open])");
    const articles = [...this.root.querySelectorAll<HTMLElement>("article")].filter(isReachable);
    const next =
      articles.find((other) => entry.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) ??
      articles.at(-1) ??
      this.root;
    const list = entry.parentElement;
    entry.remove();
    const behind = list?.closest<HTMLDetailsElement>("details.thread, details.folded");
    const section = list?.closest("section");
    if (behind) this.#summarize(behind);
    if (section && !section.querySelector("article")) section.remove();
    if (focused) next.focus({ preventScroll: true });
    return focused;
  }

  /** Lets go of the oldest beyond the bound, but never of one that is focused or in sight. */
  trim(): void {
    const folded = this.root.querySelectorAll<HTMLElement>("details.folded > ol > li > article");
    let count = this.root.querySelectorAll("article").length;
    for (const article of [...this.roots(), ...folded].sort((a, b) => position(a) - position(b))) {
      if (count <= ARTICLES_MAX) break;
      const entry = article.closest("li");
      const behindClosedLine = article.closest("details:not([open])") !== null;
      const visible = !behindClosedLine && article.getBoundingClientRect().top < window.innerHeight;
      if (!entry || visible || entry.contains(document.activeElement)) break;
      count -= entry.querySelectorAll("article").length;
      this.remove(article.dataset["id"] ?? "");
    }
    this.pointOlderLink();
  }

  /** "Older posts" begins after the last card that is shown. */
  pointOlderLink(): void {
    const last = [...this.root.querySelectorAll<HTMLElement>("article")]
      .filter((card) => !card.closest("details.thread"))
      .reduce<HTMLElement | null>((low, card) => (low && position(low) < position(card) ? low : card), null);
    const paging = document.querySelector<HTMLElement>("[data-paging]");
    const link = paging?.querySelector<HTMLAnchorElement>("[data-older-link]");
    if (!last || !link) return;
    const address = new URL(link.href);
    address.searchParams.set("before", last.dataset["position"] ?? "");
    link.href = address.href;
  }

  /** Writes the sections' titles anew: a page may stay open over midnight. */
  retitle(now: Date): void {
    for (const section of this.root.querySelectorAll<HTMLElement>("section[data-key]")) {
      const heading = section.querySelector("h2");
      if (heading) this.#title(heading, section.dataset["key"] ?? "", now);
    }
  }

  #insertReply(card: HTMLElement, thread: string): boolean {
    const entry = this.article(thread)?.closest("li");
    if (!entry) return false;
    let details = entry.querySelector<HTMLDetailsElement>(":scope > details.thread");
    if (!details) {
      details = behindOneLine("thread");
      entry.append(details);
    }
    const replies = [...details.querySelectorAll<HTMLElement>("article")];
    const next = replies.find((other) => position(other) > position(card));
    if (next) next.closest("li")?.before(wrap(card));
    else details.querySelector("ol")?.append(wrap(card));
    this.#summarize(details);
    return true;
  }

  #isOneTooMany(card: HTMLElement, roots: HTMLElement[], next: HTMLElement | undefined): boolean {
    if (!this.options.folds || !isAutomatic(card)) return false;
    return isCrowded(roots.map(isAutomatic), next ? roots.indexOf(next) : roots.length);
  }

  /** Puts a card at the top of its day's folded ones. */
  #fold(card: HTMLElement): true {
    const list = this.#topSection(card);
    let details = list.querySelector<HTMLDetailsElement>(":scope > li > details.folded");
    if (!details) {
      details = behindOneLine("folded");
      const entry = document.createElement("li");
      entry.append(details);
      list.prepend(entry);
    }
    details.querySelector("ol")?.prepend(wrap(card));
    this.#summarize(details);
    return true;
  }

  /** Says anew how many cards stand behind a line; without any it goes. */
  #summarize(details: HTMLDetailsElement): void {
    const count = details.querySelectorAll("article").length;
    const folded = details.classList.contains("folded");
    if (count === 0) return (folded ? details.closest("li") : details)?.remove();
    const { words } = this.options;
    const summary = details.querySelector("summary");
    if (summary) summary.textContent = folded ? words.folded(count) : words.replies(count);
  }

  /** The list of the section that a card at the top belongs to. */
  #topSection(card: HTMLElement): Element {
    const now = new Date();
    const received = new Date(card.dataset["received"] ?? now);
    const key = sectionKey(received, this.options.timeZone);
    const first = this.root.querySelector<HTMLElement>(":scope > section[data-key]");
    // A card never opens a section older than the one below it: order is by arrival, and sections only divide it.
    if (first && (first.dataset["key"] ?? "") >= key) return first.querySelector("ol") ?? first;
    const section = document.createElement("section");
    section.className = "day";
    section.dataset["key"] = key;
    section.setAttribute("aria-labelledby", `day-${key}`);
    const heading = document.createElement("h2");
    heading.id = `day-${key}`;
    this.#title(heading, key, now);
    const list = document.createElement("ol");
    section.append(heading, list);
    this.root.prepend(section);
    this.retitle(now);
    return list;
  }

  #title(heading: Element, key: string, now: Date): void {
    const { timeZone, words, language } = this.options;
    const title = sectionTitle(key, sectionKey(now, timeZone), words, language);
    const text = title.date ? `${title.heading} ${title.date}` : title.heading;
    if (heading.textContent === text) return;
    heading.textContent = title.heading;
    if (title.date) {
      const date = document.createElement("span");
      date.className = "date";
      date.textContent = title.date;
      heading.append(" ", date);
    }
  }
}

function wrap(card: HTMLElement): HTMLLIElement {
  const entry = document.createElement("li");
  entry.append(card);
  return entry;
}

function isAutomatic(card: HTMLElement): boolean {
  return "automated" in card.dataset;
}

function behindOneLine(kind: string): HTMLDetailsElement {
  const details = document.createElement("details");
  details.className = kind;
  details.append(document.createElement("summary"), document.createElement("ol"));
  return details;
}

/** Positions are whole numbers below 2^53 for as long as a city exists. */
export function position(card: HTMLElement): number {
  return Number(card.dataset["position"] ?? 0);
}
