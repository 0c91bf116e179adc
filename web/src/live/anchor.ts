// Keeps what is being read where it is. The browser's own scroll anchoring is switched off for the list (it does
// nothing at the top of a page, and differs between engines); this does the same thing everywhere, and can be tested.

/** Runs a change of the list and scrolls by as much as the first visible article was moved. */
export function keepInPlace(list: Element, change: () => void): void {
  const anchor = firstVisible(list);
  const before = anchor?.getBoundingClientRect().top ?? 0;
  change();
  if (!anchor?.isConnected) return;
  const moved = anchor.getBoundingClientRect().top - before;
  if (moved !== 0) window.scrollBy({ top: moved, behavior: "instant" });
}

function firstVisible(list: Element): Element | undefined {
  for (const article of list.querySelectorAll("article")) {
    // What a closed thread hides has a place that nobody sees, and that says nothing of where the reader is.
    if (article.closest("details:not([open])")) continue;
    if (article.getBoundingClientRect().bottom > 0) return article;
  }
  return undefined;
}
