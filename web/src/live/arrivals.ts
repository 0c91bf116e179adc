// New posts between their coming and their being shown. Owns what waits, its button and the moment of showing; does
// not know where posts come from.
import type { Language, Words } from "../words";
import { Pending } from "./pending";
import { position, type PostList } from "./post_list";
import { refreshTimes } from "./relative_time";

/** New posts are inserted in bundles, at most this often (RGAA 13.8). */
const BUNDLE_MS = 5_000;

export interface ArrivalsOptions {
  language: Language;
  words: Words;
  button: HTMLButtonElement | null;
  /** An older page: nothing but replies is added to it. */
  older: boolean;
  /** Whether posts may come in by themselves now. */
  isResting(): boolean;
  /** More has come than is held: holds what the page says now. */
  readAgain(): Promise<unknown>;
  /** Posts were inserted; the zone of the newest that has one. */
  shown(zone: string | null): void;
}

export class Arrivals {
  #pending = new Pending<HTMLElement>();
  #lastBundleAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly list: PostList,
    private readonly options: ArrivalsOptions,
  ) {}

  /** Keeps a card until it may be shown; 1 when it is new to the reader. */
  hold(card: HTMLElement): 0 | 1 {
    if (this.options.older && !card.dataset["thread"]) return 0;
    const id = card.dataset["id"] ?? "";
    const known = this.#pending.has(id);
    this.#pending.put({ id, position: position(card), card });
    return known ? 0 : 1;
  }

  holds(id: string): boolean {
    return this.#pending.has(id);
  }

  /** True if it was held. */
  drop(id: string): boolean {
    return this.#pending.drop(id);
  }

  /** Lets go of what waits and is not among these: it was taken back before it was seen. */
  retain(ids: ReadonlySet<string>): void {
    this.#pending.retain(ids);
  }

  /** Shows what waits if the reader rests at the top and the last bundle is old enough; else offers the button. */
  bundle(): void {
    this.stop();
    const resting = this.options.isResting();
    if (this.#pending.size > 0) {
      const wait = this.#lastBundleAt + BUNDLE_MS - Date.now();
      if (resting && wait <= 0) return this.#release();
      this.#timer = setTimeout(() => this.bundle(), Math.max(wait, 1_000));
    }
    // While a bundle is about to come by itself there is nothing to press.
    this.#offer(resting ? 0 : this.#pending.size);
  }

  /** The reader asked for the new posts: they are shown, and the page goes to them. */
  show(byKeyboard: boolean): void {
    this.#release();
    const first = this.list.roots()[0];
    window.scrollTo({ top: 0, behavior: "instant" });
    this.list.root.scrollIntoView({ block: "nearest", behavior: "instant" });
    // A mouse does not look for the focus; a keyboard goes on from the first new post.
    if (byKeyboard) first?.focus({ preventScroll: false });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #offer(count: number): void {
    const { button, words } = this.options;
    if (!button) return;
    button.hidden = count === 0;
    if (count > 0) button.textContent = words.fresh(count);
  }

  #release(): void {
    const overflowed = this.#pending.overflowed;
    const held = this.#pending.take();
    this.#lastBundleAt = Date.now();
    this.#offer(0);
    if (!overflowed) return this.#insert(held.map((post) => post.card));
    // The page itself is the shorter way.
    void this.options.readAgain().then(() => {
      this.#insert(this.#pending.take().map((post) => post.card));
      this.#offer(0);
    });
  }

  #insert(cards: HTMLElement[]): void {
    const { root } = this.list;
    root.setAttribute("aria-busy", "true");
    for (const old of root.querySelectorAll(".fresh")) old.classList.remove("fresh");
    const now = new Date();
    for (const card of cards) refreshTimes(card, now, this.options.language);
    const shown = cards.filter((card) => this.list.insert(card));
    for (const card of shown) card.classList.add("fresh");
    this.list.trim();
    root.removeAttribute("aria-busy");
    if (shown.length === 0) return;
    this.options.shown(shown.findLast((card) => card.dataset["zone"])?.dataset["zone"] ?? null);
  }
}
