// H3 in a real browser: hundreds of hostile payloads in every field that somebody else writes. None executes, and the
// content policy, which would stop one that got through, has nothing to report. `tests/it/hostile.rs` looks at the same
// payloads in everything else that the server says.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openPage, runParvis, startBrowser, startServer, WIDTHS } from "./harness.mjs";

const PAYLOADS = JSON.parse(readFileSync(new URL("../../tests/fixtures/hostile.json", import.meta.url), "utf8"));
const AUTHORS = 40;
/** Cards sent at once: fewer than the page holds before it reads itself anew. */
const BATCH = 120;
const did = (author) => `did:plc:auteur${author}`;

const nameOf = (author) => PAYLOADS[(author * 13) % PAYLOADS.length];

function frame(payload, index) {
  const now = Date.now() - index * 1_000;
  const text = `${payload} ${index} #ville`;
  const end = Buffer.byteLength(text);
  const first = Buffer.byteLength([...payload][0] ?? " ");
  const feature = (kind, more) => ({ $type: `app.bsky.richtext.facet#${kind}`, ...more });
  const embeds = [
    { $type: "app.bsky.embed.images", images: [{ alt: payload }, { alt: "" }] },
    { $type: "app.bsky.embed.external", external: { uri: payload, title: payload, description: payload } },
    { $type: "app.bsky.embed.recordWithMedia", media: { $type: "app.bsky.embed.video", alt: payload } },
  ];
  return JSON.stringify({
    did: did(index % AUTHORS),
    time_us: now * 1000,
    kind: "commit",
    commit: {
      rev: "3l",
      operation: "create",
      collection: "app.bsky.feed.post",
      rkey: `k${index}`,
      cid: "b",
      record: {
        $type: "app.bsky.feed.post",
        createdAt: new Date(now).toISOString(),
        langs: [payload, "fr"],
        text,
        tags: [payload, "ville"],
        facets: [
          { index: { byteStart: end - 6, byteEnd: end }, features: [feature("tag", { tag: "ville" })] },
          { index: { byteStart: 0, byteEnd: first }, features: [feature("link", { uri: payload }), feature("tag", { tag: payload })] },
        ],
        location: { $type: "community.lexicon.location.geo", name: payload, latitude: "47.15", longitude: "-1.55" },
        embed: embeds[index % embeds.length],
      },
    },
  });
}

/** Items that a feed's document is read to. */
const FEED_ITEMS = 200;
const FEED = "http://127.0.0.1:1/journal.json";
/** The same in a feed's document, from one item on. */
const feed = (from) =>
  JSON.stringify({
    version: "https://jsonfeed.org/version/1.1",
    title: PAYLOADS[0],
    items: PAYLOADS.slice(from, from + FEED_ITEMS).map((payload, at) => ({
      id: `${from + at} ${payload}`,
      url: `https://journal.example/${from + at}`,
      title: `${payload} ${from + at}`,
      tags: [payload],
      authors: [{ name: payload, url: payload }],
      content_html: `<p>${payload}</p> <a href="${payload}">${payload}</a> <img src="${payload}" alt="${payload}">`,
      date_published: new Date(Date.now() - (from + at) * 1_000).toISOString(),
    })),
  });

/** The same on a server of Mastodon, where texts are HTML. */
function status(payload, index) {
  const home = `https://un.example/users/a${index % AUTHORS}`;
  const name = nameOf(index % AUTHORS);
  return JSON.stringify({
    id: `${index}`,
    uri: `${home}/statuses/${index}`,
    url: `${home}/${index}`,
    created_at: new Date(Date.now() - index * 1_000).toISOString(),
    visibility: "public",
    language: payload,
    spoiler_text: index % 3 ? "" : payload,
    content: `<p>${payload}</p> <a href="${payload}">${payload}</a> <a class="mention hashtag" href="${payload}">#ville</a>`,
    tags: [{ name: "ville" }, { name: payload }],
    mentions: [{ acct: payload, username: payload, url: payload }],
    media_attachments: [{ type: "image", url: payload, description: payload }],
    card: { url: payload, title: payload, description: payload },
    account: {
      id: "1",
      acct: `a${index % AUTHORS}`,
      username: name,
      display_name: name,
      uri: home,
      url: home,
      note: name,
      discoverable: true,
      indexable: true,
      emojis: [{ shortcode: name, url: payload }],
    },
  });
}

// Handles that are no host names are dropped before they are shown; names are not.
const profiles = Array.from({ length: AUTHORS }, (_, author) => {
  const payload = nameOf(author);
  return { did: did(author), handle: author % 2 ? `a${author}.test.example` : payload, displayName: payload };
});

// A city file's words are its operator's own, and yet pages must not fall for them. What is escaped alike in JSON and
// TOML serves.
const WORDS = PAYLOADS.filter((payload) => /^[\x20-\x7e]+$/.test(payload) && /[a-z]{4}/.test(payload)).filter((_, index) => index % 9 === 0);
const word = (index) => JSON.stringify(WORDS[index % WORDS.length]);
const CITY = `name = ${word(0)}
boundary = "ville.geojson"
participation = ${word(1)}
[recipe]
invite = ${word(2)}
hashtags = ["ville", ${word(3)}]
words = [${word(4)}]
context = [${word(5)}]
[recipe.exclude]
words = [${word(6)}]
[[zone]]
name = ${word(7)}
boundary = "ville.geojson"
places = [${word(8)}]
[around]
name = ${word(9)}
[[official]]
name = ${word(10)}
group = ${word(11)}
kind = "institution"
accounts = ["bsky:mairie.test.example"]
[[feed]]
url = "${FEED}"
lane = "info"
`;
const OUTLINE = JSON.stringify({
  type: "Feature",
  properties: { source: WORDS[12 % WORDS.length], licence: WORDS[13 % WORDS.length] },
  geometry: { type: "Polygon", coordinates: [[[-1.6, 47.1], [-1.4, 47.1], [-1.4, 47.3], [-1.6, 47.3], [-1.6, 47.1]]] },
});
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
  folder = mkdtempSync(join(tmpdir(), "parvis-payloads-"));
  mkdirSync(join(folder, "cities"));
  writeFileSync(join(folder, "cities/ville.toml"), CITY);
  writeFileSync(join(folder, "cities/ville.geojson"), OUTLINE);
  const config = join(folder, "parvis.toml");
  writeFileSync(config, CONFIG);
  writeFileSync(join(folder, "frames.jsonl"), PAYLOADS.map(frame).join("\n"));
  writeFileSync(join(folder, "profiles.json"), JSON.stringify({ profiles }));
  const files = [join(folder, "frames.jsonl"), "--profiles", join(folder, "profiles.json")];
  await runParvis("replay", "--source", "bluesky", ...files, "--clock", "now", "--config", config);
  for (let from = 0; from < PAYLOADS.length; from += FEED_ITEMS) {
    writeFileSync(join(folder, "journal.json"), feed(from));
    await runParvis("replay", "--source", "feed", join(folder, "journal.json"), "--address", FEED, "--config", config);
  }
  writeFileSync(join(folder, "statuses.jsonl"), PAYLOADS.map(status).join("\n"));
  await runParvis("replay", "--source", "mastodon", join(folder, "statuses.jsonl"), "--config", config);
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

/** A page in which whatever executes calls `taken`, and which keeps what its content policy reports. */
async function trap(options) {
  const opened = await openPage(browser, server.origin, { viewport: WIDTHS.desktop, ...options });
  const caught = [];
  await opened.page.exposeFunction("taken", () => caught.push("executed"));
  await opened.page.exposeFunction("reported", (report) => caught.push(report));
  opened.page.on("dialog", (dialog) => {
    caught.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await opened.page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => globalThis.reported(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
  });
  return { ...opened, caught };
}

/** What is on the page and of no template: elements, handlers, styles and addresses. */
function foreign(page) {
  return page.evaluate(() => {
    const elements = [...document.querySelectorAll("body *")];
    const isOurs = (element) => !element.matches("script, style, img, iframe, object, embed, base, meta, link, video, audio, math, form:not([action^='/']), template");
    const isQuiet = (element) => [...element.attributes].every((one) => !/^(on|style$|srcdoc$|ping$|formaction$|background$)/.test(one.name));
    const leadsToWeb = (element) => !element.matches("a[href]") || /^https?:$/.test(element.protocol);
    return elements.filter((element) => !(isOurs(element) && isQuiet(element) && leadsToWeb(element))).map((element) => element.outerHTML.slice(0, 300));
  });
}

/** Every card of the city as the live channel carries it, read from the beginning of the log. */
async function liveCards(count) {
  const api = `${server.origin}/api/v1/cities/ville`;
  const { cursor } = await (await fetch(`${api}/posts?limit=1`)).json();
  const bytes = Buffer.from(cursor, "base64url");
  bytes.writeBigUInt64LE(0n, bytes.length - 8);
  const stop = new AbortController();
  const response = await fetch(`${api}/events?format=html&cursor=${bytes.toString("base64url")}`, { signal: stop.signal });
  const events = [];
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data:"));
      if (data) events.push(...(JSON.parse(data.slice(5)).events ?? []));
    }
    if (events.length >= count) break;
  }
  stop.abort();
  return events;
}

test("H3 the trap catches what executes and what the policy refuses", async () => {
  const { page, context, caught } = await trap();
  await page.goto(`${server.origin}/ville/about`);
  await page.evaluate(() => {
    globalThis.taken();
    const picture = document.createElement("img");
    picture.src = "https://x.example/x.png";
    document.body.append(picture);
  });
  await page.waitForFunction(() => document.images.length === 1);
  for (let tries = 0; caught.length < 2 && tries < 100; tries += 1) await page.waitForTimeout(50);
  assert.deepEqual([caught[0], caught[1].slice(0, 7)], ["executed", "img-src"]);
  assert.equal((await foreign(page)).length, 1);
  await context.close();
});

test("H3 no payload executes on any page, and the policy has nothing to report", async () => {
  assert.ok(PAYLOADS.length >= 500);
  const { page, context, caught, wrongs } = await trap();
  let cards = 0;
  for (let before = Infinity, older = [Infinity]; older.length > 0; ) {
    before = Math.min(...older);
    await page.goto(`${server.origin}/ville${before === Infinity ? "" : `?before=${before}`}`);
    assert.deepEqual(await foreign(page), [], `before ${before}`);
    cards += await page.locator("article.card").count();
    const links = await page.locator("a[href*='?before=']").evaluateAll((found) => found.map((link) => link.href));
    older = links.map((href) => Number(new URL(href).searchParams.get("before"))).filter((position) => position < before);
  }
  assert.ok(cards > PAYLOADS.length * 2.7, `${cards} cards of ${3 * PAYLOADS.length}`);
  const ids = (await (await fetch(`${server.origin}/api/v1/cities/ville/posts?limit=100`)).json()).posts.map((post) => post.id);
  const paths = ["/", "/ville/recipe", "/ville/sources", "/ville/about", "/ville/privacy"];
  for (const id of ids.slice(0, 20)) paths.push(`/ville/why/${id}`, `/ville/leave?post=${id}`);
  for (const payload of PAYLOADS.filter((_, index) => index % 15 === 0)) {
    const asked = encodeURIComponent(payload);
    paths.push(`/${asked}`, `/ville?tag=${asked}`, `/ville/leave?post=${asked}`);
  }
  for (const path of paths) {
    await page.goto(server.origin + path);
    assert.deepEqual(await foreign(page), [], path);
  }
  assert.deepEqual(caught, []);
  assert.deepEqual(await wrongs(), []);
  await context.close();
});

test("H3 no payload executes when it comes live", async () => {
  const { page, context, caught, wrongs, live } = await trap({ stub: true });
  const events = await liveCards(PAYLOADS.length * 2.7);
  assert.ok(events.length > PAYLOADS.length * 2.7, `${events.length} events`);
  await page.goto(`${server.origin}/ville?tag=nulle`);
  await page.waitForFunction(() => document.querySelector('[data-live-state][data-state="live"]'));
  for (let at = 0; at < events.length; at += BATCH) {
    live.send(events.slice(at, at + BATCH));
    const last = events.slice(at, at + BATCH).at(-1).id;
    await page.waitForFunction((id) => {
      // What comes while somebody reads waits behind this button.
      const held = document.querySelector("[data-new-posts]");
      if (held && !held.hidden) held.click();
      return document.getElementById(`post-${id}`);
    }, last);
    assert.deepEqual(await foreign(page), []);
  }
  assert.deepEqual(caught, []);
  assert.deepEqual(await wrongs(), []);
  await context.close();
});
