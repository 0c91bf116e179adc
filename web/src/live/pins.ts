// The few posts that moderators pinned, named above the feed. Each card says by itself whether and how it is named
// (data-pinned), so that an open page follows without asking the server for anything.

export class Pins {
  constructor(
    /** Null on a page that names none: a filtered or an older one. */
    private readonly root: HTMLElement | null,
    private readonly isHere: (id: string) => boolean,
  ) {}

  /** A card has come, or has changed. */
  follow(card: HTMLElement): void {
    const { id = "", pinned } = card.dataset;
    const why = card.querySelector<HTMLAnchorElement>('[data-act="why"]')?.getAttribute("href");
    if (!this.root || pinned === undefined || !why) return this.drop(id);
    const lang = card.querySelector<HTMLElement>(".text, .headline")?.lang ?? "";
    this.#put(this.#entry(id) ?? this.#add(id, "prepend"), { text: pinned, why, lang });
  }

  drop(id: string): void {
    this.#entry(id)?.remove();
    this.#show();
  }

  /** Takes over the list of the page as it was read again. */
  become(list: HTMLElement): void {
    const entries = [...list.querySelectorAll<HTMLElement>("li[data-id]")];
    const ids = entries.map((entry) => entry.dataset["id"] ?? "");
    for (const old of this.#entries()) if (!ids.includes(old.dataset["id"] ?? "")) old.remove();
    entries.forEach((entry, at) => {
      const { textContent, dataset, lang } = entry.querySelector("a") ?? document.createElement("a");
      const why = dataset["why"] ?? "";
      // As with cards: even a server gone wrong puts no other address into the page.
      if (!/^\/(?!\/)/.test(why)) return;
      const id = ids[at] ?? "";
      this.#put(this.#entry(id) ?? this.#add(id, "append"), { text: textContent ?? "", why, lang });
    });
    this.#show();
  }

  /** Leads to the card where it is on this page, else to its own page. */
  link(): void {
    for (const entry of this.#entries()) {
      const id = entry.dataset["id"] ?? "";
      const link = entry.querySelector("a");
      if (link) link.setAttribute("href", this.isHere(id) ? `#post-${id}` : (link.dataset["why"] ?? ""));
    }
  }

  #entries(): HTMLElement[] {
    return [...(this.root?.querySelectorAll<HTMLElement>("li[data-id]") ?? [])];
  }

  #entry(id: string): HTMLElement | null {
    return this.root?.querySelector<HTMLElement>(`li[data-id="${CSS.escape(id)}"]`) ?? null;
  }

  #put(entry: HTMLElement, said: { text: string; why: string; lang: string }): void {
    const link = entry.querySelector("a");
    if (!link) return;
    link.dataset["why"] = said.why;
    if (said.lang) link.lang = said.lang;
    if (link.textContent !== said.text) link.textContent = said.text;
  }

  #add(id: string, where: "prepend" | "append"): HTMLElement {
    const entry = document.createElement("li");
    entry.dataset["id"] = id;
    const link = document.createElement("a");
    link.dir = "auto";
    entry.append(link);
    this.root?.querySelector("ul")?.[where](entry);
    this.#show();
    return entry;
  }

  #show(): void {
    if (this.root) this.root.hidden = this.root.querySelector("li") === null;
  }
}
