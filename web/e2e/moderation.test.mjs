// What citizens see of moderation in a real browser: reporting without JavaScript, what three reports fold while nobody is on
// duty, contesting it, the public log, and what is pinned on an open page.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { joined, openPage, overflow, picture, runParvis, startBrowser, startServer, violations, WIDTHS } from "./harness.mjs";

const TEXTS = ["Achetez ceci", "Le pont est fermé\nde nuit", "Bonjour à tous"];
const author = { did: "did:plc:ana", handle: "ana.example", displayName: "Ana Fictive" };

function frame(text, index) {
  const now = Date.now() - index * 60_000;
  const record = { $type: "app.bsky.feed.post", createdAt: new Date(now).toISOString(), langs: ["fr"], text: `${text} #ville` };
  const end = Buffer.byteLength(record.text);
  record.facets = [
    { index: { byteStart: end - 6, byteEnd: end }, features: [{ $type: "app.bsky.richtext.facet#tag", tag: "ville" }] },
  ];
  const commit = { rev: "3l", operation: "create", collection: "app.bsky.feed.post", rkey: `post${index}`, cid: "b", record };
  return JSON.stringify({ did: author.did, time_us: now * 1000, kind: "commit", commit });
}

// A network that nobody answers for, and a desk at which nobody ever is.
const CONFIG = `[store]
url = "sqlite://parvis.db"
[ingest]
allow_private_networks = true
[source.bluesky]
endpoints = ["wss://127.0.0.1:1"]
appview = "https://127.0.0.1:1"
`;
const today = new Date(Date.now() - 86_400_000);
const days = [0, 1, 2, 3].map((day) => new Date(today.getTime() + day * 86_400_000).toISOString().slice(0, 10));
const CITY = `name = "Ville"
[recipe]
hashtags = ["ville"]
[desk]
hours = "mon-fri 09:00-17:00"
closed = [${days.map((day) => `"${day}"`).join(", ")}]
`;

let folder;
let server;
let browser;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "parvis-moderation-"));
  mkdirSync(join(folder, "cities"));
  writeFileSync(join(folder, "cities/ville.toml"), CITY);
  const config = join(folder, "parvis.toml");
  writeFileSync(config, CONFIG);
  writeFileSync(join(folder, "frames.jsonl"), TEXTS.map(frame).join("\n"));
  writeFileSync(join(folder, "profiles.json"), JSON.stringify({ profiles: [author] }));
  const files = [join(folder, "frames.jsonl"), "--profiles", join(folder, "profiles.json")];
  await runParvis("replay", "--source", "bluesky", ...files, "--clock", "now", "--config", config);
  server = await startServer((port) => {
    writeFileSync(config, `[http]\nlisten = "127.0.0.1:${port}"\n${CONFIG}`);
    return ["serve", "--config", config];
  });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

const card = (page, text) => page.locator("article", { hasText: text });

/** Reports a post from another address of this machine. */
function reportFrom(localAddress, path) {
  const { port } = new URL(server.origin);
  const headers = { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" };
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method: "POST", localAddress, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on("error", reject);
    sent.end("kind=report&motive=advertising");
  });
}

/** The pages of the post that was reported, once there is one that is folded. */
const made = { report: "", followed: "" };

test("L-50 without JavaScript a post is reported, and its report followed", async () => {
  const { page, context, wrongs } = await openPage(browser, server.origin, { javaScriptEnabled: false });
  await page.goto(`${server.origin}/ville`);
  await card(page, "Achetez ceci").getByRole("link", { name: "Signaler" }).click();
  made.report = new URL(page.url()).pathname;
  const form = page.locator("form[aria-labelledby=report]");
  await form.getByLabel("Publicité").check();
  await form.getByLabel("Précisions").fill("Ce n’est pas de la ville.");
  await form.getByRole("button", { name: "Signaler" }).click();
  await page.waitForURL(/\/ville\/followed\//);
  made.followed = new URL(page.url()).pathname;
  assert.equal(await page.locator("h1").innerText(), "Votre signalement est reçu");
  assert.match(await page.locator("main .code").innerText(), new RegExp(`${made.followed}$`));
  await page.goBack();
  await form.getByLabel("Publicité").check();
  await form.getByRole("button", { name: "Signaler" }).click();
  assert.match(await page.locator("#problem").innerText(), /déjà venue d’ici/);
  // The notice of the law asks for more; the browser says what is missing before anything is sent.
  await page.locator("form[aria-labelledby=notice]").getByRole("button").click();
  assert.ok((await page.locator("form[aria-labelledby=notice] input:invalid").count()) > 0);
  // The browser notes the answer to what was sent twice.
  assert.deepEqual((await wrongs()).filter((wrong) => !wrong.includes("409 (Conflict)")), []);
  await context.close();
});

test("Q-12 three people fold a post while nobody is on duty, on an open page too; it opens by keyboard", async () => {
  const { page, context, wrongs } = await openPage(browser, server.origin);
  await page.goto(`${server.origin}/ville`);
  await joined(page);
  assert.equal(await reportFrom("127.0.0.2", made.report), 303);
  assert.equal(await page.locator("details.covered").count(), 0, "two are too few");
  assert.equal(await reportFrom("127.0.0.3", made.report), 303);
  const line = page.locator("details.covered > summary");
  await line.waitFor({ timeout: 2_000 });
  assert.match(await line.innerText(), /^Signalé par plusieurs personnes, en attente d’un modérateur\. Afficher$/);
  const text = page.locator("details.covered .text");
  assert.equal(await text.isVisible(), false);
  await line.focus();
  await page.keyboard.press("Enter");
  assert.equal(await text.isVisible(), true);
  await page.keyboard.press("Enter");
  assert.equal(await text.isVisible(), false);
  assert.deepEqual(await wrongs(), []);
  await context.close();
});

test("L-51 a folded post says why, and is contested without JavaScript", async () => {
  const { page, context, wrongs } = await openPage(browser, server.origin, { javaScriptEnabled: false });
  await page.goto(`${server.origin}${made.report.replace("report", "why")}`);
  assert.match(await page.locator("main").innerText(), /automatiquement, après plusieurs signalements/);
  await page.getByRole("link", { name: "Contester cette décision" }).click();
  await page.getByLabel("Pourquoi cette décision devrait être levée").fill("C’est un marché de la ville.");
  await page.getByRole("button", { name: "Contester" }).click();
  await page.waitForURL(/\/ville\/followed\//);
  assert.equal(await page.locator("h1").innerText(), "Votre recours est reçu");
  await page.goto(`${server.origin}/ville/moderation`);
  assert.match(await page.locator("table.decisions").innerText(), /Repli.*signalé par plusieurs personnes/s);
  await page.getByLabel("Adresse du message").fill("https://bsky.app/profile/did:plc:ana/post/nowhere");
  await page.getByRole("button", { name: "Chercher" }).click();
  assert.match(await page.locator("#unknown").innerText(), /Aucune décision n’est connue/);
  assert.deepEqual(await wrongs(), []);
  await context.close();
});

test("feature 12: what is pinned is named on an open page and leaves it, wherever its card is", async () => {
  const { page, context, live, wrongs } = await openPage(browser, server.origin, { stub: true });
  await page.goto(`${server.origin}/ville`);
  await joined(page);
  const pins = page.locator("[data-pins]");
  assert.equal(await pins.isVisible(), false);
  const changed = (text, change) =>
    card(page, text).evaluate((article, change) => {
      const twin = article.cloneNode(true);
      Object.assign(twin.dataset, change);
      return { op: "update", id: twin.dataset.id, position: Number(twin.dataset.position), html: twin.outerHTML };
    }, change);
  const pinned = await changed("Le pont est fermé", { pinned: "Le pont est fermé" });
  const plain = await changed("Le pont est fermé", {});
  live.send([pinned]);
  const link = pins.getByRole("link", { name: "Le pont est fermé" });
  await link.waitFor({ timeout: 2_000 });
  assert.equal(await link.getAttribute("href"), `#post-${pinned.id}`);
  const elsewhere = { ...pinned, id: "ailleurs", position: 1 };
  elsewhere.html = pinned.html.replaceAll(pinned.id, "ailleurs").replace(/data-position="\d+"/, 'data-position="1"');
  elsewhere.html = elsewhere.html.replace('data-pinned="Le pont est fermé"', 'data-pinned="Ailleurs" data-thread="gone"');
  live.send([elsewhere]);
  await pins.getByRole("link", { name: "Ailleurs" }).waitFor({ timeout: 2_000 });
  assert.match(await pins.getByRole("link", { name: "Ailleurs" }).getAttribute("href"), /^\/ville\/why\/ailleurs/);
  live.send([plain, { op: "remove", id: "ailleurs" }]);
  await pins.waitFor({ state: "hidden", timeout: 2_000 });
  assert.equal(await pins.locator("li").count(), 0);
  assert.deepEqual(await wrongs(), []);
  await context.close();
});

test("L-60 what comes back to its old place waits while the reader pauses", async () => {
  const { page, context, live, wrongs } = await openPage(browser, server.origin, { stub: true });
  await page.goto(`${server.origin}/ville`);
  await joined(page);
  const bridge = card(page, "Le pont est fermé");
  const back = await bridge.evaluate((article) => ({
    op: "update",
    id: article.dataset.id,
    position: Number(article.dataset.position),
    html: article.outerHTML,
  }));
  live.send([{ op: "remove", id: back.id }]);
  await bridge.waitFor({ state: "detached", timeout: 2_000 });
  await page.locator("[data-pause]").click();
  live.send([back, { op: "update", id: "ailleurs", position: 1, html: back.html.replaceAll(back.id, "ailleurs").replace(/data-position="\d+"/, 'data-position="1" data-thread="gone"') }]);
  const button = page.locator("[data-new-posts]");
  await button.waitFor({ timeout: 2_000 });
  assert.match(await button.innerText(), /^1 /, "what stands on no page that is open is not promised");
  assert.equal(await bridge.count(), 0);
  await page.locator("[data-pause]").click();
  await bridge.waitFor({ state: "attached", timeout: 7_000 });
  assert.deepEqual(await wrongs(), []);
  await context.close();
});

for (const [device, viewport] of Object.entries({ ...WIDTHS, phone: { width: 390, height: 844 } })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`every page of moderation is accessible and asks nobody else: ${device}, ${colorScheme}`, async () => {
      const { page, context, wrongs, live } = await openPage(browser, server.origin, { viewport, colorScheme, stub: true });
      const why = made.report.replace("report", "why");
      const paths = ["/ville", made.report, why, "/ville/appeal/1", made.followed, "/ville/moderation"];
      const odd = ["/ville/moderation?url=x", "/ville/moderation?before=1&hl=en", "/ville/appeal/9", "/ville/followed/x"];
      for (const path of [...paths, ...paths.map((path) => `${path}?hl=en`), ...odd]) {
        await page.goto(server.origin + path);
        assert.deepEqual(await violations(page), [], `axe on ${path}`);
        assert.ok((await overflow(page)) <= 0, `${path} is wider than the screen`);
        await picture(page, `moderation ${path.replace(made.followed, "followed")} ${device} ${colorScheme}`);
      }
      await page.goto(`${server.origin}/ville`);
      await joined(page);
      const html = await card(page, "Bonjour à tous").evaluate((article) => {
        article.dataset.pinned = "Bonjour à tous";
        return article.outerHTML;
      });
      live.send([{ op: "update", id: /data-id="([^"]*)"/.exec(html)[1], html }]);
      await page.locator("[data-pins] a").waitFor();
      assert.deepEqual(await violations(page), [], "axe on what is pinned");
      await picture(page, `moderation pinned ${device} ${colorScheme}`);
      assert.deepEqual(await wrongs(), []);
      await context.close();
    });
  }
}
