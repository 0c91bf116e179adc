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
            for (const path of ["recipe", "sources", "leave", "about", "privacy", "accessibility", "nowhere"]) {
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

/** What an officer has to know, without a click: what is to be answered, what is said, whether anything is unusual, whether the feed is well. */
async function officersMinute(origin, rate, viewport) {
  const { page, context } = await openPage(browser, origin, { viewport });
  for (const city of ["nantes", "le-pellerin"]) {
    await page.goto(`${origin}/desk/${city}`);
    const button = page.locator("button[value=publisher]");
    if ((await button.count()) > 0) {
      await button.click();
      await page.waitForURL(`${origin}/desk/${city}`);
    }
    const said = await page.locator("main").innerText();
    assert.match(said, /Rien d’inhabituel|Bien plus de personnes|Un message, là où|jours? de passé/, `${rate} ${city}: ${said}`);
    assert.match(said, /source/i, `${rate} ${city}`);
    assert.match(said, /n’attend de réponse de la ville|attend(ent)? une réponse de la ville/, `${rate} ${city}: ${said}`);
    assert.match(said, /aujourd’hui/, `${rate} ${city}: ${said}`);
    assert.ok((await overflow(page)) <= 0, `${rate}: the desk of ${city} is wider than the screen`);
    await picture(page, `${rate} desk ${city} ${viewport.width}`);
  }
  await context.close();
}
