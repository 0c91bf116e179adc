// What a screen reader hears: counts and states, at most one sentence every thirty seconds, never a post (L-61).

export const QUIET_MS = 30_000;

export class Announcer {
  #fresh = 0;
  #notes: string[] = [];
  #lastAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly say: (text: string) => void,
    private readonly fresh: (n: number) => string,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** New posts have come, shown or waiting. */
  count(n: number): void {
    this.#fresh += n;
    this.#speak();
  }

  /** A change of state or a removal under the focus. Only the last three still matter when they are said. */
  note(text: string): void {
    this.#notes = [...this.#notes.filter((note) => note !== text), text].slice(-3);
    this.#speak();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #speak(): void {
    if (this.#timer !== undefined) return;
    const wait = this.#lastAt + QUIET_MS - this.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#speak();
      }, wait);
      return;
    }
    const parts = [...this.#notes, ...(this.#fresh > 0 ? [this.fresh(this.#fresh)] : [])];
    if (parts.length === 0) return;
    this.#notes = [];
    this.#fresh = 0;
    this.#lastAt = this.now();
    this.say(parts.join(". "));
  }
}
