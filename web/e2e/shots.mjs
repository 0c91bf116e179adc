// Pictures of the pages for looking at: node e2e/shots.mjs FOLDER [name…]. Phone and desktop, light and dark.
import { mkdirSync } from "node:fs";
import { launch, open } from "./browser.mjs";
import { stubLive } from "./live_stub.mjs";

const [folder = "shots", ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

const SHOTS = [
  ["cities", "/"],
  ["busy", "/nantes"],
  ["quiet", "/le-pellerin"],
  ["empty", "/tours"],
  ["filtered", "/nantes?zone=%C3%8Ele%20de%20Nantes"],
  ["sources", "/nantes/sources"],
  ["recipe", "/nantes/recipe"],
  ["leave", "/nantes/leave"],
  ["privacy", "/nantes/privacy"],
  ["about", "/nantes/about?hl=en"],
  ["accessibility", "/nantes/accessibility"],
  ["missing", "/nante"],
];

const browser = await launch();
for (const [name, path] of SHOTS) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const [size, width, height] of [["phone", 360, 1400], ["desktop", 1440, 1100]]) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(browser, path, { width, height, colorScheme, before: stubLive });
      await page.screenshot({ path: `${folder}/${name}-${size}-${colorScheme}.png` });
      await page.context().close();
    }
  }
}
await browser.close();
