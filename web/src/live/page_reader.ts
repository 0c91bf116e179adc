// The page read again, as the server renders it now. Owns the requests; does not decide what becomes of the cards.
import { isSound, parsePage } from "./cards";

/** As many pages as the list holds cards at most (post_list.ts); what lies further back is let go. */
const PAGES_MAX = 4;

export interface PageRead {
  /** Where the live session goes on from. */
  cursor: string | null;
  cards: HTMLElement[];
  /** The list of what is pinned, where the page has one. */
  pins: HTMLElement | null;
}

/**
 * Reads the page, and those behind it until the position `reach` is covered, so that what has merely sunk to an older
 * page is not taken for gone. Null when the server is out of reach.
 */
export async function readPages(address: string, reach: number): Promise<PageRead | null> {
  let read: PageRead | null = null;
  let next: string | undefined = address;
  for (let page = 0; next && page < PAGES_MAX; page += 1) {
    const feed = await readFeed(next);
    if (!feed) return null;
    read ??= {
      cursor: feed.dataset["cursor"] ?? null,
      cards: [],
      pins: feed.querySelector<HTMLElement>("[data-pins]"),
    };
    read.cards.push(...[...feed.querySelectorAll<HTMLElement>("#posts article")].filter(isSound));
    const last = [...feed.querySelectorAll<HTMLElement>("#posts > section > ol > li > article")].at(-1);
    if (!last || Number(last.dataset["position"]) <= reach) break;
    next = feed.querySelector<HTMLAnchorElement>("[data-older-link]")?.href;
  }
  return read;
}

async function readFeed(address: string): Promise<HTMLElement | null> {
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" }, cache: "no-store" });
    return answer.ok ? parsePage(await answer.text()).querySelector<HTMLElement>("live-feed") : null;
  } catch {
    return null;
  }
}
