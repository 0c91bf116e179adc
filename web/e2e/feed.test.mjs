// What <live-feed> promises, on a page of the demonstration whose live channel the test holds in its hands.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { joined, openPage, startBrowser, startDemo, WIDTHS } from "./harness.mjs";

const city = "nantes";
let next = 9_000_000;
let demo;
let browser;
before(async () => {
  demo = await startDemo("--rate", "metropole", "--speed", "1");
  browser = await startBrowser();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A new post made from one that stands on the page. */
async function fresh(page, text = "Nouveau") {
  const position = (next += 1);
  const id = `live${position}`;
  const html = await page.evaluate(
    ([id, position, text]) => {
      const card = document.querySelector("section > ol > li > article:not([data-automated])").cloneNode(true);
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

async function visit(viewport = WIDTHS.desktop) {
  const opened = await openPage(browser, demo.origin, { viewport, stub: true });
  await opened.page.goto(`${demo.origin}/${city}`);
  await joined(opened.page);
  return opened;
}

test("feature 5: at a hundred posts a minute what is read does not move, and the focus stays", async () => {
  const { page, live, wrongs } = await visit();
  await page.evaluate(() => window.scrollTo(0, 900));
  // What is folded away (replies, sensitive posts; the hour decides where they stand) can't have the focus.
  const link = page.locator('article [data-act="why"]').filter({ visible: true }).nth(8);
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
  assert.deepEqual(await wrongs(), []);
  // Asked for by keyboard: they are shown and the focus goes to the first of them.
  await page.locator("[data-new-posts]").press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.id), `live${next}`);
  assert.ok(await page.locator("[data-new-posts]").isHidden());
  const covered = await page.evaluate(() => document.activeElement.getBoundingClientRect().top >= 0);
  assert.ok(covered, "the focused post is in sight");
});

test("L-60 at rest at the top posts come in by themselves, in bundles; a removal above what is read moves nothing", async () => {
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
});

test("L-60 paused, posts are counted and not inserted, and the pause is remembered", async () => {
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
});

test("L-61 at most one announcement in thirty seconds, with a number and no text of a post", async () => {
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
});

test("D-5 a removed post that has the focus hands it to the next one", async () => {
  const { page, live } = await visit();
  const articles = page.locator("section > ol > li > article");
  const [first, second] = [await articles.nth(0).getAttribute("data-id"), await articles.nth(1).getAttribute("data-id")];
  await articles.nth(0).locator('[data-act="why"]').focus();
  live.send([{ op: "remove", id: first }]);
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => document.activeElement.closest("article")?.dataset.id), second);
});

test("Q-7 a reply joins its thread, an edit replaces in place, and hostile cards are refused", async () => {
  const { page, live, wrongs } = await visit();
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
  assert.deepEqual(await wrongs(), []);
});

test("Q-3 an automatic item that comes beside others is folded away, counted, and gone when it is removed", async () => {
  const { page, live } = await visit();
  const automatic = async (text) => {
    const post = await fresh(page, text);
    return { ...post, html: post.html.replace("data-lane=", "data-automated data-lane=") };
  };
  const people = [await fresh(page, "Un"), await fresh(page, "Deux")];
  const items = [await automatic("Première info"), await automatic("Seconde info")];
  live.send([...people, ...items]);
  await page.locator(`article[data-id="${items[1].id}"]`).waitFor({ state: "attached", timeout: 7_000 });
  const standing = await page
    .locator("section > ol > li > article")
    .evaluateAll((cards) => cards.map((card) => card.dataset.id));
  // Two people stand between the one and the next below it; the other would stand beside it.
  const away = items.filter((item) => !standing.includes(item.id));
  assert.equal(away.length, 1);
  const folded = page.locator("#posts > section").first().locator("details.folded");
  assert.equal(await folded.locator(`article[data-id="${away[0].id}"]`).count(), 1);
  const count = await folded.locator("article").count();
  const said = (n) => (n === 1 ? "Une autre info automatique" : `${n} autres infos automatiques`);
  assert.equal(await folded.locator("summary").first().textContent(), said(count));
  live.send([{ op: "remove", id: away[0].id }]);
  await page.locator(`article[data-id="${away[0].id}"]`).waitFor({ state: "detached" });
  if (count > 1) assert.equal(await folded.locator("summary").first().textContent(), said(count - 1));
  else assert.equal(await folded.count(), 0);
});

test("D-5 what goes and comes back takes its old place, and an edit of what is not here is no new post", async () => {
  const { page, live } = await visit();
  const roots = page.locator("section > ol > li > article");
  const ids = () => roots.evaluateAll((cards) => cards.map((card) => card.dataset.id));
  const before = await ids();
  const card = await roots.nth(3).evaluate((card) => ({ html: card.outerHTML, position: Number(card.dataset.position) }));
  live.send([{ op: "remove", id: before[3] }, { op: "update", id: before[3], ...card }]);
  const far = await fresh(page, "Sur une page plus ancienne");
  const html = far.html.replace(/data-position="\d+"/, 'data-position="1"');
  live.send([{ op: "update", id: far.id, position: 1, html }]);
  await page.waitForTimeout(1_000);
  assert.deepEqual((await ids()).slice(-before.length), before);
  assert.ok(await page.locator("[data-new-posts]").isHidden());
  assert.equal(await page.locator("[data-status]").textContent(), "", "nothing is announced");
  assert.equal(await page.locator("article", { hasText: "Sur une page plus ancienne" }).count(), 0);
});

test("feature 5: what comes back above all others while somebody reads waits with what is new", async () => {
  const { page, live } = await visit();
  const roots = page.locator("section > ol > li > article");
  const ids = () => roots.evaluateAll((cards) => cards.map((card) => card.dataset.id));
  const before = await ids();
  await roots.nth(3).evaluate((card) => card.focus({ preventScroll: true }));
  const post = await fresh(page, "Revenu");
  live.send([post, { op: "remove", id: post.id }, { ...post, op: "update" }]);
  await page.locator("[data-new-posts]").waitFor();
  assert.deepEqual(await ids(), before);
  await page.locator("[data-new-posts]").click();
  assert.equal((await ids())[0], post.id);
});

test("W-1 a cut connection is said, and resumed with the last cursor", async () => {
  const { page, live } = await visit();
  live.send([await fresh(page)], "cursor-2");
  await page.waitForTimeout(200);
  await live.sockets[0].close({ code: 4001 });
  await page.locator('[data-live-state][data-state="offline"]').waitFor();
  assert.match(await page.locator("[data-live-state]").textContent(), /^Hors ligne depuis \d\d:\d\d$/);
  await page.locator('[data-live-state][data-state="live"]').waitFor({ timeout: 5_000 });
  assert.equal(new URL(live.sockets[1].url()).searchParams.get("cursor"), "cursor-2");
  assert.equal(new URL(live.sockets[1].url()).searchParams.get("format"), "html");
});

test("W-1 recovered:false reads the page again and goes on from its cursor", async () => {
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
});

test("W-1 what has sunk to an older page meanwhile stays, and what was held and is gone is let go", async () => {
  const { page, live } = await visit();
  await page.evaluate(() => window.scrollTo(0, 1_200));
  const roots = page.locator("section > ol > li > article");
  const ids = await roots.evaluateAll((cards) => cards.map((card) => [card.dataset.id, card.dataset.position]));
  live.send([await fresh(page, "Retenu, puis repris")]);
  await page.locator("[data-new-posts]", { hasText: "1 nouveau message" }).waitFor();
  const asked = [];
  await page.route(`**/${city}*`, async (route) => {
    asked.push(route.request().url());
    if (asked.length > 1) return route.continue();
    // The first page now ends after its tenth post.
    const answer = await route.fetch();
    const body = await answer.text();
    const cut = body.lastIndexOf("<li>", body.indexOf(`id="post-${ids[10][0]}"`));
    const paging = body.slice(body.indexOf('<p class="paging" data-paging>')).replace(/before=\d+/, `before=${ids[9][1]}`);
    await route.fulfill({ response: answer, body: `${body.slice(0, cut)}</ol></section></div>${paging}` });
  });
  const reading = roots.nth(12);
  const before = await reading.evaluate((card) => card.getBoundingClientRect().top);
  live.sockets[0].send(JSON.stringify({ type: "hello", city, cursor: "stub", recovered: false }));
  while (live.sockets.length < 2) await page.waitForTimeout(50);
  assert.ok(asked.length > 1, "the older page was read too");
  assert.deepEqual(await roots.evaluateAll((cards) => cards.map((card) => card.dataset.id)), ids.map(([id]) => id));
  assert.ok(Math.abs((await reading.evaluate((card) => card.getBoundingClientRect().top)) - before) < 0.5);
  // The demonstration may have had a new post meanwhile; the one that is gone is not among those shown.
  await page.locator("[data-new-posts]").evaluate((button) => button.click());
  assert.equal(await page.locator("article", { hasText: "Retenu, puis repris" }).count(), 0);
});

test("feature 5: the first post in sight is taken away and the next ones stay where they are", async () => {
  const { page, live } = await visit();
  await page.evaluate(() => window.scrollTo(0, 1_200));
  const articles = page.locator("section > ol > li > article");
  const sight = await articles.evaluateAll((cards) => cards.findIndex((card) => card.getBoundingClientRect().bottom > 0));
  const tops = () => articles.evaluateAll((cards) => cards.map((card) => [card.dataset.id, card.getBoundingClientRect().top]));
  const before = (await tops()).slice(sight);
  const id = before[0][0];
  live.send([{ op: "remove", id }]);
  await page.locator(`article[data-id="${id}"]`).waitFor({ state: "detached" });
  const after = new Map(await tops());
  for (const [id, top] of before.slice(1)) assert.ok(Math.abs(after.get(id) - top) < 0.5, `${top} became ${after.get(id)}`);
});

test("L-64 the sheets of a phone open and close", async () => {
  const { page } = await visit(WIDTHS.phone);
  await page.locator('[popovertarget="around"]').first().click();
  assert.ok(await page.locator("#around").isVisible());
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#around").isHidden());
});
