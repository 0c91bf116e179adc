// What ill-meant posts do to a page: nothing. The real server, on a store that hostile frames were replayed into.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openPage, overflow, picture, runParvis, startBrowser, startServer, violations, WIDTHS } from "./harness.mjs";

const TEXTS = [
  "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">",
  "</div></article></ol></main><style>* { display: none }</style><h1>Une autre page",
  "{{ 7 * 7 }} ${7 * 7} <%= 7 * 7 %> {% raw %} &lt;b&gt; &#60;script&#62;",
  "\u202eetxet el tuot\u202c \u2066isolé\u2069 \u200f\u061c suite\u202e\u202e\u202e",
  "W".repeat(280),
  "🎉".repeat(290),
  `Z${"\u0300".repeat(250)}algo`,
  "javascript:alert(1) data:text/html,<script>alert(2)</script> vbscript:x",
  "\u0000\u0007\u001b[31mrouge\u001b[0m\r\n\r\n\n\n\n\n\n\n\n\n\n\nfin",
  "#" + "ville".repeat(40),
  "العربية تجاور עברית والفرنسية",
];
const LINKS = ["javascript:alert(1)", "data:text/html,<script>1</script>", "https://x.example/\"onmouseover=\"alert(1)", "//x.example", "https://[::1"];

const long = (text) => text.repeat(Math.ceil(600 / text.length)).slice(0, 600);
const authors = [
  { did: "did:plc:hostileaaaaaaaaaaaaaaaaa", handle: "<b>.example", displayName: "<script>alert(1)</script>" },
  { did: "did:plc:hostilebbbbbbbbbbbbbbbbb", handle: `${"x".repeat(240)}.example`, displayName: long("Ŵ") },
  { did: "did:plc:hostileccccccccccccccccc", handle: "rtl.example", displayName: "\u202eenvers" },
];

function frame(text, index) {
  const now = Date.now() - index * 60_000;
  const shown = `${text} #ville`;
  const end = Buffer.byteLength(shown);
  const bytes = (features, byteStart, byteEnd) => ({ index: { byteStart, byteEnd }, features });
  return JSON.stringify({
    did: authors[index % authors.length].did,
    time_us: now * 1000,
    kind: "commit",
    commit: {
      rev: "3l",
      operation: "create",
      collection: "app.bsky.feed.post",
      rkey: `hostile${index}`,
      cid: "b",
      record: {
        $type: "app.bsky.feed.post",
        createdAt: new Date(now).toISOString(),
        langs: [["fr"], ["\"><script>"], ["ar"]][index % 3],
        text: shown,
        facets: [
          bytes([{ $type: "app.bsky.richtext.facet#tag", tag: "ville" }], end - 6, end),
          bytes([{ $type: "app.bsky.richtext.facet#link", uri: LINKS[index % LINKS.length] }], 0, Math.min(3, end)),
        ],
        embed: {
          $type: "app.bsky.embed.external",
          external: { uri: LINKS[(index + 1) % LINKS.length], title: TEXTS[(index + 1) % TEXTS.length], description: "" },
        },
      },
    },
  });
}

// A network that nobody answers for: the pages then say that it is cut off, too.
const CONFIG = `[store]
url = "sqlite://parvis.db"
[ingest]
allow_private_networks = true
[source.bluesky]
endpoints = ["wss://127.0.0.1:1"]
appview = "https://127.0.0.1:1"
`;

let folder;
let server;
let browser;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "parvis-hostile-"));
  mkdirSync(join(folder, "cities"));
  writeFileSync(join(folder, "cities/ville.toml"), 'name = "Ville"\n[recipe]\nhashtags = ["ville"]\n');
  const config = join(folder, "parvis.toml");
  writeFileSync(config, CONFIG);
  writeFileSync(join(folder, "frames.jsonl"), TEXTS.map(frame).join("\n"));
  writeFileSync(join(folder, "profiles.json"), JSON.stringify({ profiles: authors }));
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

for (const [device, viewport] of Object.entries(WIDTHS)) {
  test(`H-3 hostile posts are text and nothing else: ${device}`, async () => {
    const { page, context, wrongs } = await openPage(browser, server.origin, { viewport });
    await page.goto(`${server.origin}/ville`);
    await page.waitForTimeout(1_000);
    const count = await page.locator("article.card").count();
    assert.ok(count >= TEXTS.length - 2, `${count} of ${TEXTS.length} posts are shown`);
    const whys = await page.locator("[data-act=why]").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
    for (const path of ["/ville", ...whys, "/ville/<script>", "/%3Cimg%20src=x%20onerror=alert(1)%3E"]) {
      await page.goto(server.origin + path);
      assert.match(await page.title(), /Parvis$/);
      assert.ok((await overflow(page)) <= 0, `${path} is wider than the screen`);
      const foreign = await page.evaluate(() =>
        [
          ...document.querySelectorAll("main script, main style, main img, main iframe, main object, main [onerror], main [style]"),
          ...[...document.querySelectorAll("main a[href]")].filter((link) => !/^https?:$/.test(link.protocol)),
        ].map((element) => element.outerHTML),
      );
      assert.deepEqual(foreign, [], path);
      assert.equal(await page.locator("main h1, .masthead h1").count(), 1, path);
    }
    await page.goto(`${server.origin}/ville`);
    assert.deepEqual(await violations(page), []);
    await picture(page, `hostile ${device}`);
    assert.deepEqual(await wrongs(), []);
    await context.close();
  });
}
