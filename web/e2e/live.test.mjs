// The live feed under a reader: nothing moves, nothing is missed, and it says what it is doing.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { joined, openPage, startBrowser, startDemo, startWire, WIDTHS } from "./harness.mjs";

let demo;
let browser;
before(async () => {
  // About 100 posts a minute in each city.
  demo = await startDemo("--rate", "metropole", "--speed", "1440");
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Scroll positions are rounded to pixels of the screen, and places are counted in 64ths of one: half of one is none. */
const NOT_MOVED = 0.5;

/** Notes in the page how far the post being read moves, who has the focus, and how often anything is announced. */
function watchReading() {
  const card = document.querySelectorAll("#posts > section > ol > li > article.card")[8];
  card.scrollIntoView({ block: "center" });
  card.querySelector("[data-act=why]").focus({ preventScroll: true });
  const reading = { card, top: card.getBoundingClientRect().top, moved: 0, focus: document.activeElement, said: 0 };
  globalThis.reading = reading;
  const watch = () => {
    if (!reading.card.isConnected) {
      // Its author edited it or took it back; whoever read it goes on where the focus went.
      reading.card = document.activeElement.closest("article");
      reading.top = reading.card.getBoundingClientRect().top;
      reading.focus = document.activeElement;
    }
    reading.moved = Math.max(reading.moved, Math.abs(reading.card.getBoundingClientRect().top - reading.top));
    requestAnimationFrame(watch);
  };
  watch();
  const said = new MutationObserver(() => (reading.said += 1));
  said.observe(document.querySelector("[data-status]"), { childList: true, characterData: true, subtree: true });
}

/** The positions of the cards that stand by themselves, and of those behind each day's line, as they stand in the page. */
function orders(page) {
  return page.evaluate(() => {
    const positions = (cards) => [...cards].map((card) => Number(card.dataset.position));
    const folded = [...document.querySelectorAll("#posts details.folded")];
    return [document.querySelectorAll("#posts > section > ol > li > article"), ...folded.map((line) => line.querySelectorAll(":scope > ol > li > article"))].map(positions);
  });
}

describe("a hundred posts a minute", { concurrency: true }, () => {
  for (const [device, viewport] of Object.entries(WIDTHS)) {
    test(`feature 5: what is being read does not move, and the focus stays: ${device}`, async () => {
      const { page, context, wrongs } = await openPage(browser, demo.origin, { viewport });
      await page.goto(`${demo.origin}/nantes`);
      await joined(page);
      await page.evaluate(watchReading);
      const before = await page.locator("#posts > section > ol > li").count();
      await page.waitForTimeout(30_000);
      const { moved, sameFocus, said, held, now } = await page.evaluate(() => ({
        moved: globalThis.reading.moved,
        sameFocus: document.activeElement === globalThis.reading.focus,
        said: globalThis.reading.said,
        held: Number.parseInt(document.querySelector("[data-new-posts]").textContent.replace(/\D/g, ""), 10),
        now: document.querySelectorAll("#posts > section > ol > li").length,
      }));
      assert.ok(moved <= NOT_MOVED, `the post being read moved by ${moved} px`);
      assert.ok(sameFocus, "focus moved");
      assert.ok(said <= 2, `${said} announcements in 30 s`);
      assert.ok(held >= 20, `the button counts ${held}`);
      assert.ok(now <= before, "posts were inserted while somebody was reading");
      // A click shows what was held, newest first, without repeats. At this pace the next post waits a moment later.
      const newest = Math.max(...(await orders(page)).flat());
      await page.locator("[data-new-posts]").click();
      const shown = await page.evaluate(() =>
        [...document.querySelectorAll("article.card")].map(({ dataset: { id, position } }) => ({ id, position: Number(position) })),
      );
      // The day's automatic cards beyond one in three stand behind one line, in an order of their own.
      for (const list of await orders(page)) assert.deepEqual(list, list.toSorted((a, b) => b - a), "newest first");
      const fresh = shown.filter((card) => card.position > newest).length;
      // Some of those held have been taken back by then, or answer a post that is not on the page.
      assert.ok(fresh >= held / 2, `${fresh} of the ${held} held are shown`);
      assert.equal(new Set(shown.map((card) => card.id)).size, shown.length, "a post stands twice");
      assert.ok(shown.length <= 260, `${shown.length} articles in the page`);
      assert.deepEqual(await wrongs(), []);
      await context.close();
    });
  }
});

test("feature 5: times and days that are told anew do not move what is being read", async () => {
  const { page, context } = await openPage(browser, demo.origin, { viewport: WIDTHS.phone });
  await page.clock.install();
  await page.goto(`${demo.origin}/nantes`);
  await joined(page);
  // So narrow that every other wording takes other lines.
  await page.evaluate(() => {
    for (const time of document.querySelectorAll("article.card time")) {
      time.style.display = "inline-block";
      time.style.inlineSize = "7ch";
    }
  });
  await page.evaluate(watchReading);
  const told = () => page.evaluate(() => [...document.querySelectorAll("article.card time")].map((time) => time.textContent).join());
  const before = await told();
  await page.clock.fastForward("30:00:00");
  await page.waitForFunction((before) => document.querySelector("article.card time").textContent !== before.split(",")[0], before);
  await page.waitForTimeout(500);
  const moved = await page.evaluate(() => globalThis.reading.moved);
  assert.ok(moved <= NOT_MOVED, `the post being read moved by ${moved} px`);
  await context.close();
});

test("L-60 the pause control comes before the first card, holds posts back and is remembered", async () => {
  const { page, context } = await openPage(browser, demo.origin, { viewport: WIDTHS.desktop });
  await page.goto(`${demo.origin}/rennes`);
  await joined(page);
  const order = await page.evaluate(() => {
    const main = document.querySelector("main");
    const pause = main.querySelector("[data-pause]");
    return {
      isFirst: main.querySelector("a[href], button:not([hidden]), input, summary") === pause,
      precedes: Boolean(pause.compareDocumentPosition(main.querySelector("article.card")) & Node.DOCUMENT_POSITION_FOLLOWING),
    };
  });
  assert.deepEqual(order, { isFirst: true, precedes: true });
  await page.locator("[data-pause]").focus();
  await page.keyboard.press("Enter");
  const ids = () => page.locator("article.card").evaluateAll((cards) => cards.map((card) => card.dataset.id));
  const before = await ids();
  await page.waitForFunction(() => !document.querySelector("[data-new-posts]").hidden, undefined, { timeout: 20_000 });
  // What its author takes back goes all the same.
  assert.deepEqual((await ids()).filter((id) => !before.includes(id)), [], "something came in during the pause");
  await page.reload();
  await page.waitForFunction(() => /en pause/i.test(document.querySelector("[data-live-state]").textContent));
  await context.close();
});

test("W1 a reader who was away is told, and has missed nothing", async (t) => {
  const wire = await startWire(demo.origin);
  t.after(() => wire.stop());
  const { page, context } = await openPage(browser, wire.origin, { viewport: WIDTHS.desktop });
  await page.goto(`${wire.origin}/montreal`);
  await joined(page);
  wire.cut();
  await page.waitForFunction(() => /hors ligne depuis/i.test(document.querySelector("[data-live-state]").textContent));
  await page.waitForTimeout(5_000);
  wire.mend();
  await joined(page);
  await page.waitForTimeout(6_000);
  const { shown, positions } = await page.evaluate(() => {
    // What is folded away is on the page too; replies stand in their threads.
    const cards = [...document.querySelectorAll("#posts article.card")].filter((card) => !card.closest(".thread"));
    return { shown: cards.map((card) => card.dataset.id), positions: cards.map((card) => Number(card.dataset.position)) };
  });
  const answer = await (await fetch(`${demo.origin}/api/v1/cities/montreal/posts?limit=100`)).json();
  const within = (post) => post.position >= Math.min(...positions) && post.position <= Math.max(...positions);
  // Replies stand in their threads and not in the list.
  const expected = answer.posts.filter((post) => within(post) && !post.reply_to).map((post) => post.id);
  assert.ok(expected.length > 10);
  assert.deepEqual(expected.filter((id) => !shown.includes(id)), []);
  await context.close();
});
