// The only way for HTML from the server to become elements. One named Trusted Types policy; and what it lets through
// is looked at again, so that even a server gone wrong puts no script, frame or handler into the page.

interface Policy {
  createHTML(html: string): string;
}

const factory = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }).trustedTypes;
const rules: Policy = { createHTML: (html) => html };
const policy = factory?.createPolicy("parvis-card", rules) ?? rules;

const ELEMENTS = new Set(
  "ARTICLE P H3 BDI SPAN DIV A UL LI TIME DETAILS SUMMARY SVG USE".split(" "),
);

/** One rendered card as an element, or null for anything that is not exactly that. */
export function parseCard(html: string): HTMLElement | null {
  // The template escapes every "<" of a post, so each one left opens or closes an element of ours; anything else is
  // refused before the parser sees it.
  if ([...html.matchAll(/<\/?([^\s/>]*)/g)].some(([, name]) => !ELEMENTS.has((name ?? "").toUpperCase()))) return null;
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  const [card, ...others] = template.content.children;
  return card instanceof HTMLElement && others.length === 0 && isSound(card) ? card : null;
}

/** A whole page of ours, for merging. Scripts of a parsed document never run. */
export function parsePage(html: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(html), "text/html");
}

/** Whether a card holds nothing but what the card template writes. */
export function isSound(card: Element): boolean {
  if (card.tagName !== "ARTICLE" || !(card as HTMLElement).dataset["id"]) return false;
  return [card, ...card.querySelectorAll("*")].every(
    (element) => ELEMENTS.has(element.tagName.toUpperCase()) && [...element.attributes].every(isSoundAttribute),
  );
}

function isSoundAttribute({ name, value }: Attr): boolean {
  if (name.startsWith("on") || name === "style" || name === "src") return false;
  return !name.endsWith("href") || /^(\/(?!\/)|#|https?:\/\/)/.test(value);
}

/** What a reader would notice of a card: its text without the times, which are relative on one side. */
export function wording(card: HTMLElement): string {
  return [...card.querySelectorAll(".kind, .by, .who, .headline, .when, .covered > summary, .text, .media, .place, .hint")]
    .map((part) => part.textContent)
    .join("\n");
}
