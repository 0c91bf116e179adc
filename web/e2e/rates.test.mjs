// The page is good at all three rates: it is never empty without a reason, and says how busy the square is.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, overflow, picture, startBrowser, startDemo, WIDTHS } from "./harness.mjs";

const CITIES = ["lausanne", "le-pellerin", "montreal", "nantes", "rennes", "tours"];
let browser;
before(async () => {
  browser = await startBrowser();
});
after(() => browser?.close());

for (const rate of ["metropole", "ville", "village"]) {
  test(`Q-3 a page worth reading at the rate of a ${rate}`, async () => {
    const demo = await startDemo("--rate", rate);
    try {
      for (const [device, viewport] of Object.entries(WIDTHS)) {
        for (const colorScheme of process.env.E2E_PICTURES ? ["light", "dark"] : ["light"]) {
          const { page, context, wrongs } = await openPage(browser, demo.origin, { viewport, colorScheme });
          await page.goto(demo.origin);
          assert.equal(await page.locator(".city-list li").count(), CITIES.length);
          await picture(page, `${rate} home ${device} ${colorScheme}`);
          for (const city of CITIES) {
            await page.goto(`${demo.origin}/${city}`);
            const cards = await page.locator("article.card").count();
            assert.ok(cards >= 3, `${city} shows ${cards} posts`);
            assert.match(await page.locator(".demo").innerText(), /démonstration/i);
            assert.match(await page.locator(".figures").innerText(), /^\d+ messages? |^calme depuis /);
            // A quiet square says that it is one, why, and how to take part.
            const isQuiet = rate === "village";
            assert.equal(await page.locator(".usual").isVisible(), isQuiet, city);
            assert.equal(await page.locator(".quiet", { hasText: "#Parvis" }).isVisible(), isQuiet, city);
            assert.ok((await overflow(page)) <= 0, `${city} is wider than the screen`);
            await picture(page, `${rate} ${city} ${device} ${colorScheme}`);
          }
          if (process.env.E2E_PICTURES) {
            for (const path of ["recipe", "people", "ask", "sources", "leave", "about", "privacy", "accessibility", "nowhere"]) {
              await page.goto(`${demo.origin}/nantes/${path}`);
              await picture(page, `${rate} nantes ${path} ${device} ${colorScheme}`);
            }
          }
          assert.deepEqual(await wrongs(), []);
          await context.close();
        }
        await officersMinute(demo.origin, rate, viewport);
      }
    } finally {
      await demo.stop();
    }
  });
}

/**
 * What an officer has to know, without a click: whether anything is unusual, whether the feed is well, what is to be answered, what
 * is said. Each is one sentence, by which it is found.
 */
const ANSWERS = {
  unusual: /^Rien d’inhabituel\. |^Inhabituel depuis |^Pas encore d’alerte : /,
  // Or what is wrong with it: the sources that are not read, each in a sentence of its own.
  well: /^Les \d+ sources du fil sont lues\.$|^La source du fil est lue\.$|^Ce fil ne voit pas tout$/,
  waiting: /^(Un|\d+) messages? attend(ent)? une réponse de la ville\. /,
  said: /^(Un|\d+) messages? aujourd’hui, à \d\d:\d\d\.|^Personne n’a rien publié aujourd’hui ; /,
};

async function officersMinute(origin, rate, viewport) {
  const { page, context } = await openPage(browser, origin, { viewport });
  for (const city of ["nantes", "le-pellerin"]) {
    await page.goto(`${origin}/desk/${city}`);
    const button = page.locator("button[value=publisher]");
    if ((await button.count()) > 0) {
      await button.click();
      await page.waitForURL(`${origin}/desk/${city}`);
    }
    const boxes = {};
    for (const [what, sentence] of Object.entries(ANSWERS)) {
      const answer = page.locator("main p, main .problem h2").filter({ hasText: sentence });
      const said = await page.locator("main").innerText();
      assert.equal(await answer.count(), 1, `${rate} ${city}: ${what} in ${said}`);
      boxes[what] = await answer.boundingBox();
    }
    const trouble = page.locator(".problem[role=alert]");
    if ((await trouble.count()) > 0) assert.ok((await trouble.locator("li").count()) > 0, `${rate} ${city}: what trouble there is`);
    // On a desktop all are on the first screen; on a telephone one under the other, on the first two.
    const screens = viewport === WIDTHS.desktop ? 1 : 2;
    for (const [what, { x, y, width, height }] of Object.entries(boxes)) {
      const isReached = x >= 0 && x + width <= viewport.width && y >= 0 && y + height <= screens * viewport.height;
      assert.ok(isReached, `${rate} ${city}: ${what} lies at ${y} of ${viewport.height}`);
    }
    assert.ok(boxes.unusual.y < boxes.waiting.y && boxes.waiting.y < boxes.said.y && boxes.well.y < boxes.said.y, `${rate} ${city}`);
    assert.ok((await overflow(page)) <= 0, `${rate}: the desk of ${city} is wider than the screen`);
    await picture(page, `${rate} desk ${city} ${viewport.width}`);
    // What waits can be answered, and what was answered leads to the answer.
    for (const [status, leads] of [["new", "Lire et répondre sur"], ["answered", "Voir la réponse"]]) {
      await page.goto(`${origin}/desk/${city}/inbox?status=${status}`);
      assert.ok((await page.locator(".items article", { hasText: leads }).count()) >= 1, `${rate} ${city}: nothing ${status}`);
      assert.ok((await overflow(page)) <= 0, `${rate}: the inbox of ${city} is wider than the screen`);
      await picture(page, `${rate} inbox ${city} ${status} ${viewport.width}`);
    }
  }
  await context.close();
}
