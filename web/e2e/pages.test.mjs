// Every page, phone and desktop, light and dark, with and without JavaScript.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { openPage, startBrowser, startDemo, WIDTHS } from "./harness.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = [
  "/",
  "/nantes",
  "/nantes?hl=en",
  "/tours?lane=around",
  "/le-pellerin",
  "/nantes/recipe",
  "/nantes/sources",
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

/** Runs axe in the page through the debugger, so that the page's own policy stays as strict as it is. */
async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}

for (const [device, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`L-60..L-66 every page is accessible and asks nobody else: ${device}, ${colorScheme}`, async () => {
      const { page, wrongs, context } = await openPage(browser, demo.origin, { viewport, colorScheme });
      const pages = [...PAGES];
      await page.goto(`${demo.origin}/nantes`);
      pages.push(await page.getAttribute("[data-act=why]", "href"));
      for (const path of pages) {
        await page.goto(demo.origin + path);
        assert.deepEqual(await violations(page), [], `axe on ${path}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${path} is ${overflow} px wider than the screen`);
      }
      assert.deepEqual(await wrongs(), []);
      await context.close();
    });
  }
}

describe("without JavaScript", () => {
  test("L-64 the page of posts, its filters and its older pages work", async () => {
    const { page, context, wrongs } = await openPage(browser, demo.origin, { javaScriptEnabled: false, viewport: WIDTHS.phone });
    await page.goto(`${demo.origin}/nantes`);
    const first = await page.locator("article.card").count();
    assert.ok(first > 10, `${first} posts`);
    await page.locator("[data-older-link]").click();
    assert.match(page.url(), /before=/);
    assert.ok((await page.locator("article.card").count()) > 0);
    await page.goto(`${demo.origin}/nantes?tag=nantes`);
    for (const text of await page.locator("article.card .text").allInnerTexts()) assert.match(text, /#nantes/i);
    assert.equal(await page.locator("[data-pause]").isVisible(), false, "a button that can do nothing is not shown");
    assert.deepEqual(await wrongs(), []);
    await context.close();
  });

  test("L-24 the leave form is sent and answered", async () => {
    const { page, context } = await openPage(browser, demo.origin, { javaScriptEnabled: false });
    await page.goto(`${demo.origin}/nantes`);
    await page.locator("[data-act=leave]").first().click();
    const handle = await page.locator("input[name=handle]").inputValue();
    assert.match(handle, /\./, "filled in from the card");
    await page.locator("main form button[type=submit], main form button:not([type])").first().click();
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
