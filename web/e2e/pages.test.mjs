// Every page, phone and desktop, light and dark, with and without JavaScript.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { joined, openPage, overflow, startBrowser, startDemo, violations, WIDTHS } from "./harness.mjs";

const PAGES = [
  "/",
  "/nantes",
  "/nantes?hl=en",
  "/nantes?tag=nothing",
  "/nantes?lane=info",
  "/tours?lane=around",
  "/le-pellerin",
  "/nantes/recipe",
  "/nantes/people",
  "/le-pellerin/people",
  "/nantes/ask",
  "/le-pellerin/ask",
  "/nantes/sources",
  "/nantes/register",
  "/nantes/moderation",
  "/nantes/leave",
  "/nantes/about",
  "/nantes/privacy",
  "/nantes/accessibility",
  "/nowhere",
  "/nantes/nowhere",
];

let demo;
let browser;
before(async () => {
  demo = await startDemo("--rate", "metropole", "--speed", "1");
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

for (const [device, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`L-60..L-66 every page is accessible and asks nobody else: ${device}, ${colorScheme}`, async () => {
      const { page, wrongs, context } = await openPage(browser, demo.origin, { viewport, colorScheme });
      const pages = [...PAGES];
      await page.goto(`${demo.origin}/nantes`);
      pages.push(await page.getAttribute("[data-act=why]", "href"));
      for (const path of pages) {
        await page.goto(demo.origin + path);
        for (const details of await page.locator("details").all()) await details.evaluate((element) => (element.open = true));
        assert.deepEqual(await violations(page), [], `axe on ${path}`);
        assert.ok((await overflow(page)) <= 0, `${path} is wider than the screen`);
      }
      assert.deepEqual(await wrongs(), []);
      await context.close();
    });
  }
}

test("L-60..L-66 sheets and the new-posts button are accessible too", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context, live } = await openPage(browser, demo.origin, { viewport: WIDTHS.phone, colorScheme, stub: true });
    await page.goto(`${demo.origin}/nantes`);
    await joined(page);
    for (const sheet of ["filters", "around"]) {
      await page.locator(`.sheets [popovertarget=${sheet}]`).click();
      assert.ok(await page.locator(`#${sheet}`).isVisible());
      assert.deepEqual(await violations(page), [], `axe on the sheet ${sheet}`);
      await page.keyboard.press("Escape");
    }
    await page.evaluate(() => window.scrollTo(0, 800));
    const html = await page.locator("article.card").first().evaluate((card) => card.outerHTML.replaceAll(card.dataset.id, "fresh"));
    live.send([{ op: "post", id: "fresh", position: 9_000_000, html: html.replace(/data-position="\d+"/, 'data-position="9000000"') }]);
    await page.locator("[data-new-posts]", { hasText: "1 nouveau message" }).waitFor();
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
    assert.deepEqual(await violations(page), [], "axe with the button");
    await context.close();
  }
});

test("L-60 the keyboard alone leads to the posts, the filters and back", async () => {
  const { page, context } = await openPage(browser, demo.origin, { viewport: WIDTHS.phone });
  await page.goto(`${demo.origin}/nantes`);
  await joined(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), "#posts");
  assert.ok(await page.evaluate(() => document.activeElement.getBoundingClientRect().top >= 0), "the skip link is seen");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => Boolean(document.activeElement.closest("article.card"))), "the first stop is in a card");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
  assert.equal(outline, "3px", "the focus is seen");
  await page.locator(".sheets [popovertarget=filters]").focus();
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("#filters").isVisible());
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.closest("#filters")?.id), "filters", "the sheet is next");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("popovertarget")), "filters");
  await context.close();
});

test("changing the language keeps the page, and every page has a title of its own", async () => {
  const { page, context } = await openPage(browser, demo.origin, { viewport: WIDTHS.desktop });
  const titles = new Map();
  await page.goto(`${demo.origin}/nantes`);
  const why = await page.getAttribute("[data-act=why]", "href");
  const leave = await page.getAttribute("[data-act=leave]", "href");
  const kept = PAGES.filter((path) => !path.includes("nowhere") && !path.includes("hl="));
  for (const path of [...kept, why, leave]) {
    await page.goto(demo.origin + path);
    const title = await page.title();
    assert.ok(title.includes("Parvis"), title);
    // Leaving is one page, filled in or not.
    if (path !== leave) assert.equal(titles.get(title), undefined, `${path} is titled as ${titles.get(title)}`);
    titles.set(title, path);
    await page.locator(".tongues a[lang=en]").click();
    await page.waitForURL(/hl=en/);
    const [from, to] = [new URL(path, demo.origin), new URL(page.url())];
    assert.equal(to.pathname, from.pathname);
    from.searchParams.delete("hl");
    to.searchParams.delete("hl");
    assert.equal(to.search, from.search, `${path} has lost something`);
    assert.equal(await page.getAttribute("html", "lang"), "en");
  }
  await context.close();
});

describe("without JavaScript", () => {
  test("L-64 the page of posts, its filters and its older pages work", async () => {
    const { page, context, wrongs } = await openPage(browser, demo.origin, { javaScriptEnabled: false, viewport: WIDTHS.phone });
    await page.goto(`${demo.origin}/nantes`);
    const first = await page.locator("article.card").count();
    assert.ok(first > 10, `${first} posts`);
    assert.ok(await page.locator("[data-reload]").isVisible());
    assert.match(await page.locator("[data-live-state]").textContent(), /^État à/);
    await page.locator("[data-older-link]").click();
    // The address changes before the page has come.
    await page.waitForURL(/before=\d+/, { waitUntil: "load" });
    assert.ok((await page.locator("article.card").count()) > 0);
    await page.goto(`${demo.origin}/nantes?tag=nantes`);
    const cards = await page.locator("#posts article.card").evaluateAll((found) => found.map((card) => [card.dataset.id, card.innerText]));
    assert.ok(cards.length > 0);
    const { posts } = await (await fetch(`${demo.origin}/api/v1/cities/nantes/posts?tag=nantes&limit=100`)).json();
    // On some networks a tag stands beside the text.
    const beside = posts.filter(({ tags }) => tags.some((tag) => tag.toLowerCase() === "nantes")).map(({ id }) => id);
    for (const [id, text] of cards) assert.ok(/#nantes/i.test(text) || beside.includes(id), text);
    assert.equal(await page.locator("[data-pause]").isVisible(), false, "a button that can do nothing is not shown");
    assert.deepEqual(await wrongs(), []);
    await context.close();
  });

  test("L-24 the leave form is sent and answered", async () => {
    const { page, context } = await openPage(browser, demo.origin, { javaScriptEnabled: false });
    await page.goto(`${demo.origin}/nantes`);
    await page.locator("[data-act=leave]").first().click();
    await page.waitForURL(/\/leave\?/, { waitUntil: "load" });
    const handle = await page.locator("input[name=handle]").inputValue();
    assert.match(handle, /\./, "filled in from the card");
    await page.locator("main form button[type=submit], main form button:not([type])").first().click();
    await page.locator("h1", { hasText: "enregistrée" }).waitFor();
    assert.match(await page.locator("main").innerText(), /demande/i);
    await context.close();
  });

  test("L-23 every card leads to why it is here, to its original and to leaving", async () => {
    const { page, context } = await openPage(browser, demo.origin, { javaScriptEnabled: false });
    await page.goto(`${demo.origin}/rennes`);
    const cards = await page.locator("article.card").count();
    for (const act of ["why", "leave", "original"]) assert.equal(await page.locator(`[data-act=${act}]`).count(), cards);
    await context.close();
  });
});
