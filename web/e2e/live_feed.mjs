// What <live-feed> promises, in a real browser, against pages of a running server and a stubbed live channel.
import assert from "node:assert/strict";
import { launch, open } from "./browser.mjs";
import { stubLive } from "./live_stub.mjs";

const city = process.env.PARVIS_CITY ?? "nantes";
const browser = await launch();
let next = 9_000_000;

/** A new post made from one that stands on the page. */
async function fresh(page, text = "Nouveau") {
  const position = (next += 1);
  const id = `live${position}`;
  const html = await page.evaluate(
    ([id, position, text]) => {
      const card = document.querySelector("section > ol > li > article").cloneNode(true);
      card.classList.remove("fresh");
      Object.assign(card.dataset, { id, position, received: new Date().toISOString() });
      delete card.dataset.thread;
      card.id = `post-${id}`;
      card.setAttribute("aria-labelledby", `by-${id}`);
      card.querySelector(".by").id = `by-${id}`;
      const body = card.querySelector(".text");
      if (body) body.textContent = text;
      return card.outerHTML;
    },
    [id, position, text],
  );
  return { op: "post", id, position, html };
}

async function visit(options = {}) {
  let live;
  const problems = [];
  const page = await open(browser, `/${city}`, {
    ...options,
    before: async (page) => {
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      live = await stubLive(page);
    },
  });
  await page.locator('[data-live-state][data-state="live"]').waitFor({ timeout: 3_000 });
  return { page, live, problems };
}

const tests = {
  async "feature 5: at a hundred posts a minute what is read does not move, and the focus stays"() {
    const { page, live, problems } = await visit();
    await page.evaluate(() => window.scrollTo(0, 900));
    const link = page.locator('article [data-act="why"]').nth(8);
    await link.focus();
    const before = await link.evaluate((element) => [element.getBoundingClientRect().top, window.scrollY]);
    for (let n = 0; n < 30; n += 1) {
      live.send([await fresh(page)]);
      await page.waitForTimeout(20);
    }
    const after = await link.evaluate((element) => [element.getBoundingClientRect().top, window.scrollY]);
    assert.deepEqual(after, before);
    assert.ok(await link.evaluate((element) => element === document.activeElement));
    assert.match(await page.locator("[data-new-posts]").textContent(), /^30 nouveaux messages$/);
    assert.deepEqual(problems, []);
    // Asked for by keyboard: they are shown and the focus goes to the first of them.
    await page.locator("[data-new-posts]").press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.id), `live${next}`);
    assert.ok(await page.locator("[data-new-posts]").isHidden());
    const covered = await page.evaluate(() => document.activeElement.getBoundingClientRect().top >= 0);
    assert.ok(covered, "the focused post is in sight");
  },

  async "at rest at the top posts come in by themselves, in bundles; a removal above what is read moves nothing"() {
    const { page, live } = await visit();
    live.send([await fresh(page, "Un")]);
    await page.locator("article", { hasText: "Un" }).first().waitFor({ timeout: 2_000 });
    live.send([await fresh(page, "Deux")]);
    await page.waitForTimeout(1_500);
    assert.equal(await page.locator("article .text", { hasText: /^Deux$/ }).count(), 0, "not within five seconds");
    await page.locator("article .text", { hasText: /^Deux$/ }).waitFor({ timeout: 6_000 });
    await page.evaluate(() => window.scrollTo(0, 1_200));
    const articles = page.locator("section > ol > li > article");
    const article = articles.nth(9);
    const before = await article.evaluate((element) => element.getBoundingClientRect().top);
    live.send([{ op: "remove", id: `live${next}` }]);
    await page.waitForTimeout(300);
    const after = await articles.nth(8).evaluate((element) => element.getBoundingClientRect().top);
    assert.ok(Math.abs(after - before) <= 1, `${before} became ${after}`);
  },

  async "l60 paused, posts are counted and not inserted, and the pause is remembered"() {
    const { page, live } = await visit();
    const pause = page.locator("[data-pause]");
    await pause.click();
    assert.equal(await pause.textContent(), "Reprendre");
    assert.equal(await page.locator("[data-live-state]").textContent(), "En pause");
    live.send([await fresh(page, "Retenu")]);
    await page.locator("[data-new-posts]", { hasText: "1 nouveau message" }).waitFor();
    await page.waitForTimeout(5_500);
    assert.equal(await page.locator("article", { hasText: "Retenu" }).count(), 0);
    await page.reload();
    await page.locator("[data-pause]", { hasText: "Reprendre" }).waitFor();
    await page.locator("[data-pause]").click();
  },

  async "l61 at most one announcement in thirty seconds, with a number and no text of a post"() {
    const { page, live } = await visit();
    await page.evaluate(() => {
      globalThis.said = [];
      const status = document.querySelector("[data-status]");
      new MutationObserver(() => globalThis.said.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    });
    for (let n = 0; n < 20; n += 1) live.send([await fresh(page, "Secret")]);
    await page.waitForTimeout(1_000);
    const said = await page.evaluate(() => globalThis.said);
    assert.deepEqual(said, ["1 nouveau message"]);
  },

  async "d5 a removed post that has the focus hands it to the next one"() {
    const { page, live } = await visit();
    const articles = page.locator("section > ol > li > article");
    const [first, second] = [await articles.nth(0).getAttribute("data-id"), await articles.nth(1).getAttribute("data-id")];
    await articles.nth(0).locator('[data-act="why"]').focus();
    live.send([{ op: "remove", id: first }]);
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => document.activeElement.closest("article")?.dataset.id), second);
  },

  async "q7 a reply joins its thread, an edit replaces in place, and hostile cards are refused"() {
    const { page, live, problems } = await visit();
    const root = page.locator("section > ol > li > article").nth(2);
    const id = await root.getAttribute("data-id");
    const reply = await fresh(page, "Une réponse vive");
    reply.html = reply.html.replace("data-id=", `data-thread="${id}" data-id=`);
    const edit = { op: "update", id, position: 1, html: (await root.evaluate((card) => card.outerHTML)).replace(/(<div class="text"[^>]*>)[^]*?<\/div>/, "$1Corrigé</div>") };
    const bad = await fresh(page, "x");
    bad.html = bad.html.replace("</article>", "<img src=x onerror=alert(1)></article>");
    const worse = await fresh(page, "y");
    worse.html = worse.html.replace('href="', 'href="javascript:alert(1)//');
    live.send([reply, edit, bad, worse]);
    await page.locator("details.thread", { hasText: "Une réponse vive" }).waitFor({ state: "attached", timeout: 7_000 });
    assert.equal(await page.locator(`article[data-id="${id}"] .text`).textContent(), "Corrigé");
    assert.equal(await page.locator(`article[data-id="${bad.id}"], article[data-id="${worse.id}"]`).count(), 0);
    assert.deepEqual(problems, []);
  },

  async "w1 a cut connection is said, and resumed with the last cursor"() {
    const { page, live } = await visit();
    live.send([await fresh(page)], "cursor-2");
    await page.waitForTimeout(200);
    await live.sockets[0].close({ code: 4001 });
    await page.locator('[data-live-state][data-state="offline"]').waitFor();
    assert.match(await page.locator("[data-live-state]").textContent(), /^Hors ligne depuis \d\d:\d\d$/);
    await page.locator('[data-live-state][data-state="live"]').waitFor({ timeout: 5_000 });
    assert.equal(new URL(live.sockets[1].url()).searchParams.get("cursor"), "cursor-2");
    assert.equal(new URL(live.sockets[1].url()).searchParams.get("format"), "html");
  },

  async "recovered:false reads the page again and goes on from its cursor"() {
    const { page, live } = await visit();
    const gone = await page.locator("section > ol > li > article").nth(1).getAttribute("data-id");
    await page.route(`**/${city}`, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text())
        .replace(new RegExp(`<li>\\s*<article[^>]*id="post-${gone}"[^]*?</article>`), "<li>")
        .replace(/data-cursor="[^"]*"/, 'data-cursor="page-2"');
      await route.fulfill({ response: answer, body });
    });
    live.sockets[0].send(JSON.stringify({ type: "hello", city, cursor: "stub", recovered: false }));
    await page.locator(`article[data-id="${gone}"]`).waitFor({ state: "detached", timeout: 5_000 });
    while (live.sockets.length < 2) await page.waitForTimeout(50);
    assert.equal(new URL(live.sockets[1].url()).searchParams.get("cursor"), "page-2");
  },

  async "l64 without JavaScript the page reads, pages back and filters; sheets open on a phone"() {
    const page = await open(browser, `/${city}`, { javaScriptEnabled: false, width: 360, height: 800 });
    assert.ok(await page.locator("[data-reload]").isVisible());
    assert.ok(await page.locator("[data-pause]").isHidden());
    assert.match(await page.locator("[data-live-state]").textContent(), /^État à/);
    await page.locator("[data-older-link]").click();
    assert.match(page.url(), /before=\d+/);
    const phone = await visit({ width: 360, height: 800 });
    await phone.page.locator('[popovertarget="around"]').first().click();
    assert.ok(await phone.page.locator("#around").isVisible());
    await phone.page.keyboard.press("Escape");
    assert.ok(await phone.page.locator("#around").isHidden());
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (process.argv[2] && !name.includes(process.argv[2])) continue;
  try {
    await test();
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.error(`FAIL  ${name}\n      ${String(error.stack ?? error).split("\n").slice(0, 8).join("\n      ")}`);
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
