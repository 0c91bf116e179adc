// <live-feed>: makes the page of posts live. The server's HTML is the truth; this adds to it, and never moves what is
// being read: new posts wait behind a button unless the reader rests at the top of the page.
import { stateLine, wordsIn, type FeedState, type Language, type Words } from "../words";
import { keepInPlace } from "./anchor";
import { Announcer } from "./announcer";
import { isSound, parseCard, parsePage } from "./cards";
import { Pending } from "./pending";
import { PostList, position } from "./post_list";
import { refreshTimes } from "./relative_time";
import type { Rhythm } from "./sections";
import { LiveSession, type LiveEvent } from "./session";

const PAUSE_KEY = "parvis.paused";
/** New posts are inserted in bundles, at most this often (RGAA 13.8). */
const BUNDLE_MS = 5_000;
const POLL_MS = 30_000;
const TIMES_MS = 30_000;

export class LiveFeed extends HTMLElement {
  #words!: Words;
  #language!: Language;
  #list!: PostList;
  #session!: LiveSession;
  #announcer!: Announcer;
  #pending = new Pending<HTMLElement>();
  #state: FeedState = { kind: "connecting" };
  #paused = false;
  #lastBundleAt = 0;
  #timers: ReturnType<typeof setInterval>[] = [];
  #bundleTimer: ReturnType<typeof setTimeout> | undefined;
  #pollTimer: ReturnType<typeof setInterval> | undefined;
  #leaving: AbortController | undefined;

  connectedCallback(): void {
    const posts = this.querySelector<HTMLElement>("#posts");
    if (!posts || this.#leaving) return;
    this.#language = this.dataset["language"] === "en" ? "en" : "fr";
    this.#words = wordsIn(this.#language);
    this.#list = new PostList(posts, {
      language: this.#language,
      words: this.#words,
      timeZone: this.#timeZone,
      rhythm: (this.dataset["rhythm"] ?? "live") as Rhythm,
      older: "older" in this.dataset,
    });
    const status = this.querySelector<HTMLElement>("[data-status]");
    this.#announcer = new Announcer(
      (text) => {
        // The same sentence twice is only heard twice if it differs.
        if (status) status.textContent = status.textContent === text ? `${text}\u00a0` : text;
      },
      (n) => this.#words.fresh(n),
    );
    this.#session = new LiveSession(this.#address(), this.dataset["cursor"] ?? "", {
      joined: () => this.#joined(),
      lost: () => this.#mergePage(),
      events: (events) => this.#apply(events),
      cut: (polling) => this.#cut(polling),
      closed: () => this.#setState({ kind: "closed" }),
    });
    this.#paused = readPause();
    this.#listen();
    this.#showPause();
    this.#refresh();
    this.#setState({ kind: "connecting" });
    this.#session.start();
  }

  disconnectedCallback(): void {
    this.#session?.stop();
    this.#announcer?.stop();
    this.#leaving?.abort();
    this.#leaving = undefined;
    for (const timer of this.#timers) clearInterval(timer);
    clearInterval(this.#pollTimer);
    clearTimeout(this.#bundleTimer);
  }

  get #timeZone(): string {
    return this.dataset["timezone"] || "UTC";
  }

  #address(): URL {
    const url = new URL(this.dataset["url"] ?? "", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = this.dataset["query"] ?? "";
    url.searchParams.set("format", "html");
    url.searchParams.set("hl", this.#language);
    return url;
  }

  #listen(): void {
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    this.#pauseButton?.addEventListener("click", () => this.#togglePause(), { signal });
    this.#newButton?.addEventListener("click", (click) => this.#showNew(click.detail === 0), { signal });
    // A page put aside for "back" keeps no socket; it resumes by its cursor.
    window.addEventListener("pagehide", () => this.#session.stop(), { signal });
    window.addEventListener("pageshow", (shown) => shown.persisted && this.#session.start(), { signal });
    window.addEventListener("online", () => this.#session.retryNow(), { signal });
    document.addEventListener(
      "visibilitychange",
      () => {
        if (document.visibilityState !== "visible") return;
        this.#session.retryNow();
        this.#refresh();
        this.#bundle();
      },
      { signal },
    );
    this.#timers = [setInterval(() => this.#refresh(), TIMES_MS)];
  }

  get #pauseButton(): HTMLButtonElement | null {
    return this.querySelector("[data-pause]");
  }

  get #newButton(): HTMLButtonElement | null {
    return this.querySelector("[data-new-posts]");
  }

  // --- what the session says

  #joined(): void {
    clearInterval(this.#pollTimer);
    this.#pollTimer = undefined;
    if (this.#state.kind === "offline" || this.#state.kind === "polling") this.#announcer.note(this.#words.live);
    this.#setState({ kind: "live" });
  }

  #cut(polling: boolean): void {
    if (polling && navigator.onLine) {
      this.#pollTimer ??= setInterval(() => void this.#poll(), POLL_MS);
    }
    if (this.#state.kind === "polling" || this.#state.kind === "offline") return;
    this.#setState({ kind: "offline", since: new Date() });
    this.#announcer.note(this.#line());
  }

  async #poll(): Promise<void> {
    const cursor = await this.#mergePage();
    if (cursor) {
      this.#session.cursor = cursor;
      if (this.#state.kind === "offline") this.#setState({ kind: "polling" });
    }
  }

  #apply(events: LiveEvent[]): void {
    let fresh = 0;
    const now: (() => void)[] = [];
    for (const event of events) {
      if (event.op === "remove") {
        if (!this.#pending.drop(event.id)) now.push(() => this.#remove(event.id));
        continue;
      }
      const card = parseCard(event.html ?? "");
      if (!card) continue;
      if (this.#list.article(event.id)) now.push(() => this.#list.replace(card));
      else fresh += this.#hold(event.id, card);
    }
    // Edits and removals are of what is already on the page: they are never held back, not even by a pause.
    if (now.length > 0) keepInPlace(this.#list.root, () => now.forEach((change) => change()));
    this.#changed(now.length > 0, null);
    if (fresh > 0) this.#announcer.count(fresh);
    this.#bundle();
  }

  /** Keeps a card until it may be shown; 1 when it is new to the reader. */
  #hold(id: string, card: HTMLElement): 0 | 1 {
    if ("older" in this.dataset && !card.dataset["thread"]) return 0;
    const known = this.#pending.has(id);
    this.#pending.put({ id, position: position(card), card });
    return known ? 0 : 1;
  }

  #remove(id: string): void {
    if (this.#list.remove(id)) this.#announcer.note(this.#words.removed);
  }

  // --- showing

  /** The reader is at the very top, looks at nothing in the list, and has not asked for a pause. */
  get #resting(): boolean {
    const selection = document.getSelection();
    const selecting = selection !== null && !selection.isCollapsed && this.contains(selection.anchorNode);
    return (
      !this.#paused &&
      document.visibilityState === "visible" &&
      window.scrollY < 4 &&
      !this.#list.root.contains(document.activeElement) &&
      !selecting &&
      document.querySelector(":popover-open") === null
    );
  }

  /** Shows what waits if the reader rests at the top and the last bundle is old enough; else offers the button. */
  #bundle(): void {
    clearTimeout(this.#bundleTimer);
    this.#bundleTimer = undefined;
    if (this.#pending.size > 0) {
      const wait = this.#lastBundleAt + BUNDLE_MS - Date.now();
      if (this.#resting && wait <= 0) return this.#release();
      this.#bundleTimer = setTimeout(() => this.#bundle(), Math.max(wait, 1_000));
    }
    // While a bundle is about to come by itself there is nothing to press.
    this.#offer(this.#resting ? 0 : this.#pending.size);
  }

  #offer(count: number): void {
    const button = this.#newButton;
    if (!button) return;
    button.hidden = count === 0;
    if (count > 0) button.textContent = this.#words.fresh(count);
  }

  #release(): void {
    const held = this.#pending.overflowed ? null : this.#pending.take();
    this.#lastBundleAt = Date.now();
    this.#offer(0);
    if (!held) {
      // More has come than is held: the page itself is the shorter way.
      this.#pending.take();
      void this.#mergePage().then(() => this.#showHeld());
      return;
    }
    this.#insert(held.map((post) => post.card));
  }

  #showHeld(): void {
    this.#insert(this.#pending.take().map((post) => post.card));
    this.#offer(0);
  }

  #insert(cards: HTMLElement[]): HTMLElement[] {
    const root = this.#list.root;
    root.setAttribute("aria-busy", "true");
    for (const old of root.querySelectorAll(".fresh")) old.classList.remove("fresh");
    refreshAll(cards, this.#language);
    const shown = cards.filter((card) => this.#list.insert(card));
    for (const card of shown) card.classList.add("fresh");
    this.#list.trim();
    root.removeAttribute("aria-busy");
    this.#changed(shown.length > 0, shown.findLast((card) => card.dataset["zone"])?.dataset["zone"] ?? null);
    return shown;
  }

  /** The reader asked for the new posts: they are shown, and the page goes to them. */
  #showNew(byKeyboard: boolean): void {
    this.#release();
    const first = this.#list.roots()[0];
    window.scrollTo({ top: 0, behavior: "instant" });
    this.#list.root.scrollIntoView({ block: "nearest", behavior: "instant" });
    // A mouse does not look for the focus; a keyboard goes on from the first new post.
    if (byKeyboard) first?.focus({ preventScroll: false });
  }

  #changed(changed: boolean, zone: string | null): void {
    if (!changed) return;
    this.dispatchEvent(new CustomEvent("parvis:changed", { bubbles: true, detail: { zone } }));
  }

  // --- the page read again

  /** Takes over what the page says now, as if it had been there: returns its cursor, or null when out of reach. */
  async #mergePage(): Promise<string | null> {
    let page: Document;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
      if (!answer.ok) return null;
      page = parsePage(await answer.text());
    } catch {
      return null;
    }
    const feed = page.querySelector<HTMLElement>("live-feed");
    if (!feed) return null;
    const cards = [...feed.querySelectorAll<HTMLElement>("#posts article")].filter(isSound);
    const there = new Set(cards.map((card) => card.dataset["id"] ?? ""));
    const gone = [...this.#list.root.querySelectorAll<HTMLElement>("article")]
      .map((card) => card.dataset["id"] ?? "")
      .filter((id) => !there.has(id));
    let fresh = 0;
    keepInPlace(this.#list.root, () => {
      // What the page no longer has may have been deleted meanwhile: nothing stays that can't be vouched for.
      for (const id of gone) this.#remove(id);
      for (const card of cards) {
        const id = card.dataset["id"] ?? "";
        const known = this.#list.article(id);
        if (!known) fresh += this.#hold(id, document.adoptNode(card));
        else if (words(known) !== words(card)) this.#list.replace(document.adoptNode(card));
      }
      refreshTimes(this.#list.root, new Date(), this.#language);
      this.#list.pointOlderLink();
    });
    this.#changed(true, null);
    if (fresh > 0) this.#announcer.count(fresh);
    this.#bundle();
    return feed.dataset["cursor"] ?? null;
  }

  // --- the controls

  #togglePause(): void {
    this.#paused = !this.#paused;
    writePause(this.#paused);
    this.#showPause();
    this.#setState(this.#state);
    this.#bundle();
  }

  #showPause(): void {
    const button = this.#pauseButton;
    if (!button) return;
    button.hidden = false;
    button.textContent = this.#paused ? this.#words.resume : this.#words.pause;
    this.querySelector<HTMLElement>("[data-reload]")?.setAttribute("hidden", "");
  }

  #line(): string {
    return stateLine(this.#state, this.#paused, this.#language, this.#timeZone);
  }

  #setState(state: FeedState): void {
    this.#state = state;
    const line = document.querySelector<HTMLElement>("[data-live-state]");
    if (!line) return;
    line.textContent = this.#line();
    const told = state.kind === "live" || state.kind === "connecting" || state.kind === "polling";
    line.dataset["state"] = this.#paused && told ? "paused" : state.kind;
  }

  #refresh(): void {
    const now = new Date();
    refreshTimes(this.#list.root, now, this.#language);
    this.#list.retitle(now);
  }
}

function refreshAll(cards: HTMLElement[], language: Language): void {
  const now = new Date();
  for (const card of cards) refreshTimes(card, now, language);
}

/** What a reader would notice of a card: its text without the times, which are relative on one side. */
function words(card: HTMLElement): string {
  return [...card.querySelectorAll(".kind, .by, .who, .text, .media, .place, .hint")]
    .map((part) => part.textContent)
    .join("\n");
}

function readPause(): boolean {
  try {
    return localStorage.getItem(PAUSE_KEY) === "1";
  } catch {
    return false; // storage refused: the pause then lasts as long as the page
  }
}

function writePause(paused: boolean): void {
  try {
    if (paused) localStorage.setItem(PAUSE_KEY, "1");
    else localStorage.removeItem(PAUSE_KEY);
  } catch {
    // As above.
  }
}
