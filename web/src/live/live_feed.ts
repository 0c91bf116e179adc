// <live-feed>: makes the page of posts live. The server's HTML is the truth; this adds to it, and never moves what is
// being read: new posts wait behind a button unless the reader rests at the top of the page.
import { stateLine, wordsIn, type FeedState, type Language, type Words } from "../words";
import { keepInPlace } from "./anchor";
import { Announcer } from "./announcer";
import { Arrivals } from "./arrivals";
import { parseCard, wording } from "./cards";
import { readPages } from "./page_reader";
import { readPause, writePause } from "./pause";
import { Pins } from "./pins";
import { PostList, position } from "./post_list";
import { refreshTimes } from "./relative_time";
import { LiveSession, type LiveEvent } from "./session";

const POLL_MS = 30_000;
const TIMES_MS = 30_000;

export class LiveFeed extends HTMLElement {
  #words!: Words;
  #language!: Language;
  #list!: PostList;
  #pins!: Pins;
  #session!: LiveSession;
  #arrivals!: Arrivals;
  #announcer!: Announcer;
  #state: FeedState = { kind: "connecting" };
  #paused = false;
  #timers: ReturnType<typeof setInterval>[] = [];
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
      older: "older" in this.dataset,
      folds: "folds" in this.dataset,
    });
    this.#pins = new Pins(this.querySelector("[data-pins]"), (id) => this.#list.article(id) !== null);
    this.#arrivals = new Arrivals(this.#list, {
      language: this.#language,
      words: this.#words,
      button: this.#newButton,
      older: "older" in this.dataset,
      isResting: () => this.#resting,
      readAgain: () => this.#mergePage(),
      shown: (zone) => this.#changed(zone),
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
    this.#arrivals?.stop();
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
    this.#newButton?.addEventListener("click", (click) => this.#arrivals.show(click.detail === 0), { signal });
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
        this.#arrivals.bundle();
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
    let changed = false;
    // In their order: a post may go and come back within one batch.
    keepInPlace(this.#list.root, () => {
      for (const event of events) {
        const outcome = this.#applyOne(event);
        fresh += outcome === "fresh" ? 1 : 0;
        changed ||= outcome === "changed";
      }
      this.#pins.link();
    });
    if (changed) this.#changed(null);
    if (fresh > 0) this.#announcer.count(fresh);
    this.#arrivals.bundle();
  }

  /** Edits and removals are of what stands on the page already: they are never held back, not even by a pause. */
  #applyOne(event: LiveEvent): "fresh" | "changed" | "nothing" {
    if (event.op === "remove") {
      this.#pins.drop(event.id);
      if (this.#arrivals.drop(event.id) || !this.#list.article(event.id)) return "nothing";
      this.#remove(event.id);
      return "changed";
    }
    const card = parseCard(event.html ?? "");
    if (!card) return "nothing";
    this.#pins.follow(card);
    if (this.#list.article(event.id)) {
      this.#list.replace(card);
      return "changed";
    }
    if (event.op === "post" || this.#arrivals.holds(event.id)) return this.#arrivals.hold(card) ? "fresh" : "nothing";
    // An update of what is not here: it is shown again after it was hidden, and takes its old place, or it belongs to
    // an older page. It is not new either way; but where its place is above all others, it waits with what is, and while
    // somebody reads or has paused it waits wherever its place is.
    if (this.#list.isAboveAll(card) || (!this.#resting && this.#list.hasPlaceFor(card))) {
      this.#arrivals.hold(card);
      return "nothing";
    }
    return this.#list.insert(card) ? "changed" : "nothing";
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

  #changed(zone: string | null): void {
    this.dispatchEvent(new CustomEvent("parvis:changed", { bubbles: true, detail: { zone } }));
  }

  // --- the page read again

  /** Takes over what the page says now, as if it had been there: returns its cursor, or null when out of reach. */
  async #mergePage(): Promise<string | null> {
    const oldest = this.#list.roots().at(-1);
    const page = await readPages(location.href, oldest ? position(oldest) : Number.POSITIVE_INFINITY);
    if (!page) return null;
    const there = new Set(page.cards.map((card) => card.dataset["id"] ?? ""));
    const gone = [...this.#list.root.querySelectorAll<HTMLElement>("article")]
      .map((card) => card.dataset["id"] ?? "")
      .filter((id) => !there.has(id));
    let fresh = 0;
    keepInPlace(this.#list.root, () => {
      // What the page no longer has may have been deleted meanwhile: nothing stays that can't be vouched for.
      for (const id of gone) this.#remove(id);
      this.#arrivals.retain(there);
      for (const card of page.cards) {
        const id = card.dataset["id"] ?? "";
        const known = this.#list.article(id);
        if (!known) fresh += this.#arrivals.hold(document.adoptNode(card));
        else if (wording(known) !== wording(card)) this.#list.replace(document.adoptNode(card));
      }
      if (page.pins) this.#pins.become(page.pins);
      this.#pins.link();
      refreshTimes(this.#list.root, new Date(), this.#language);
      this.#list.pointOlderLink();
    });
    this.#changed(null);
    if (fresh > 0) this.#announcer.count(fresh);
    this.#arrivals.bundle();
    return page.cursor;
  }

  // --- the controls

  #togglePause(): void {
    this.#paused = !this.#paused;
    writePause(this.#paused);
    this.#showPause();
    this.#setState(this.#state);
    this.#arrivals.bundle();
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
    // Another wording may take another number of lines.
    keepInPlace(this.#list.root, () => {
      refreshTimes(this.#list.root, now, this.#language);
      this.#list.retitle(now);
    });
  }
}
