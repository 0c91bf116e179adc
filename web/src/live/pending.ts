// Posts that have come and are not shown yet. Pure; knows nothing of the page.

export interface PendingPost<Card> {
  id: string;
  position: number;
  card: Card;
}

/**
 * Holds at most `max` posts, newest kept. What falls out is not lost to the reader: `overflowed` says that the page
 * must be read again instead of being added to.
 */
export class Pending<Card> {
  #posts = new Map<string, PendingPost<Card>>();
  #overflowed = false;

  constructor(private readonly max = 200) {}

  get size(): number {
    return this.#posts.size;
  }

  get overflowed(): boolean {
    return this.#overflowed;
  }

  has(id: string): boolean {
    return this.#posts.has(id);
  }

  /** A post that is already held is replaced: it was edited while it waited. */
  put(post: PendingPost<Card>): void {
    this.#posts.set(post.id, post);
    if (this.#posts.size > this.max) {
      const oldest = [...this.#posts.values()].reduce((a, b) => (a.position <= b.position ? a : b));
      this.#posts.delete(oldest.id);
      this.#overflowed = true;
    }
  }

  /** True if it was held: a post that goes before it was seen needs no word. */
  drop(id: string): boolean {
    return this.#posts.delete(id);
  }

  /** Lets go of everything that is not among these. */
  retain(ids: ReadonlySet<string>): void {
    for (const id of this.#posts.keys()) if (!ids.has(id)) this.#posts.delete(id);
  }

  /** Everything held, oldest first, and nothing is held any more. */
  take(): PendingPost<Card>[] {
    const posts = [...this.#posts.values()].sort((a, b) => a.position - b.position);
    this.#posts.clear();
    this.#overflowed = false;
    return posts;
  }
}
