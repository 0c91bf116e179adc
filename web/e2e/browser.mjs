// Debian's Chromium through playwright-core. The address is that of a running server (PARVIS_URL).
import { chromium } from "playwright-core";

export const base = process.env.PARVIS_URL ?? "http://127.0.0.1:8080";

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

/** A page of a size; `before` runs ahead of loading, other options are `browser.newContext`'s. */
export async function open(browser, path, { width = 1440, height = 1200, before, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "fr-FR", ...options });
  const page = await context.newPage();
  await before?.(page);
  await page.goto(base + path, { waitUntil: "load" });
  await page.evaluate(() => document.fonts.ready);
  return page;
}
