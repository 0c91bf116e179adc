// Keeps what is being read where it is. The browser's own scroll anchoring is switched off for the list (it does
// nothing at the top of a page, and differs between engines); this does the same thing everywhere, and can be tested.

/**
 * What rounding has withheld so far, in pixels. Heights of cards are fractions of a pixel and scroll positions need
 * not be; carried on, the remainders stay below one pixel instead of adding up.
 */
let owed = 0;

/** Runs a change of the list and scrolls by as much as it moved what is being read. */
export function keepInPlace(list: Element, change: () => void): void {
  const before = inReadingOrder(list);
  change();
  // Whatever was read first may have been taken away or exchanged by the change; what remains keeps its place.
  const anchor = before.find(({ article }) => article.isConnected);
  if (!anchor) return;
  const wanted = anchor.article.getBoundingClientRect().top - anchor.top + owed;
  const from = window.scrollY;
  if (wanted !== 0) window.scrollBy({ top: wanted, behavior: "instant" });
  const left = wanted - (window.scrollY - from);
  // More than a pixel is no rounding: the page ended there.
  owed = Math.abs(left) < 1 ? left : 0;
}

interface Placed {
  article: Element;
  top: number;
}

/** The articles with their places: the focused one where it can be seen, then those in sight, below, and above. */
function inReadingOrder(list: Element): Placed[] {
  const focused: Placed[] = [];
  const inSight: Placed[] = [];
  const below: Placed[] = [];
  const above: Placed[] = [];
  for (const article of list.querySelectorAll("article")) {
    // What a closed thread hides has a place that nobody sees, and that says nothing of where the reader is.
    if (article.closest("details:not([open])")) continue;
    const { top, bottom } = article.getBoundingClientRect();
    if (bottom <= 0) above.unshift({ article, top });
    else if (top >= window.innerHeight) below.push({ article, top });
    else (article.contains(document.activeElement) ? focused : inSight).push({ article, top });
  }
  return [...focused, ...inSight, ...below, ...above];
}
