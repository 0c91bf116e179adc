// The page is good at all three rates: it is never empty without a reason, and says how busy the square is.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { openPage, startBrowser, startDemo, WIDTHS } from "./harness.mjs";

// With E2E_PICTURES set, pictures of every page are kept there for the eye.
const pictures = process.env.E2E_PICTURES;
let browser;
before(async () => {
  browser = await startBrowser();
  if (pictures) mkdirSync(pictures, { recursive: true });
});
after(() => browser?.close());

for (const rate of ["metropole", "ville", "village"]) {
  test(`Q-3 a page worth reading at the rate of a ${rate}`, async () => {
    const demo = await startDemo("--rate", rate);
    try {
      for (const [device, viewport] of Object.entries(WIDTHS)) {
        for (const colorScheme of pictures ? ["light", "dark"] : ["light"]) {
          const { page, context } = await openPage(browser, demo.origin, { viewport, colorScheme });
          for (const path of ["/", "/nantes", "/le-pellerin", "/tours", "/nantes/sources", "/nantes/recipe", "/lausanne/leave"]) {
            await page.goto(demo.origin + path);
            if (path.split("/").length === 2 && path !== "/") {
              const cards = await page.locator("article.card").count();
              assert.ok(cards >= 3, `${path} shows ${cards} posts`);
              assert.match(await page.locator(".demo").innerText(), /démonstration/i);
            }
            if (pictures) {
              const name = `${rate}${path.replaceAll("/", "_")}_${device}_${colorScheme}.png`;
              await page.screenshot({ path: `${pictures}/${name}` });
            }
          }
          await context.close();
        }
      }
    } finally {
      await demo.stop();
    }
  });
}
