// axe-core on every page in both themes, on a phone and on a desk: no violation.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { launch, open } from "./browser.mjs";
import { stubLive } from "./live_stub.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const city = process.env.PARVIS_CITY ?? "nantes";
const paths = ["/", `/${city}`, ...["recipe", "sources", "leave", "privacy", "about", "accessibility"].map((p) => `/${city}/${p}`), "/nowhere-at-all"];

const browser = await launch();
let failures = 0;
const first = await open(browser, `/${city}`, { before: stubLive });
const why = await first.locator('[data-act="why"]').first().getAttribute("href", { timeout: 2_000 }).catch(() => null);
await first.context().close();
if (why) paths.push(why);
for (const path of paths) {
  for (const [width, colorScheme] of [[360, "light"], [1440, "dark"]]) {
    // The checker injects itself as a script, which the page's own policy would refuse.
    const page = await open(browser, path, { width, colorScheme, bypassCSP: true, before: stubLive });
    for (const details of await page.$$("details")) await details.evaluate((element) => (element.open = true));
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    if (wide) violations.push({ id: "reflow", help: `wider than ${width} px`, nodes: [] });
    for (const violation of violations) {
      failures += 1;
      console.error(`${path} at ${width} ${colorScheme}: ${violation.id}: ${violation.help}`);
      for (const node of violation.nodes.slice(0, 3)) console.error(`    ${node.html.slice(0, 160)}`);
    }
    await page.context().close();
  }
}
await browser.close();
console.log(`${paths.length} pages, ${failures} violations`);
process.exit(failures === 0 ? 0 : 1);
