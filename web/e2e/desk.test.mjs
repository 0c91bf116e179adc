// The town hall's desk in a real browser: signing in, what each role is offered, and that every page is accessible.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, overflow, picture, startBrowser, startDemo, violations, WIDTHS } from "./harness.mjs";

/** What each role's bar offers in a city. */
const ALL = ["/desk/nantes", "/desk/nantes/alerts", "/desk/nantes/numbers", "/desk/nantes/watch"];
const ANSWERS = ["/desk/nantes/answers", "/desk/nantes/sources"];
const OFFERED = {
  reader: [...ALL, ...ANSWERS],
  contributor: [...ALL, "/desk/nantes/inbox", "/desk/nantes/notices", ...ANSWERS],
  moderator: [...ALL, "/desk/nantes/moderation", ...ANSWERS],
  publisher: [...ALL, "/desk/nantes/inbox", "/desk/nantes/notices", ...ANSWERS],
  dpo: [...ALL, ...ANSWERS, "/desk/nantes/log"],
  administrator: [...ALL, ...ANSWERS, "/desk/nantes/people"],
};

let demo;
let browser;
before(async () => {
  demo = await startDemo("--rate", "ville");
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A page whose visitor came in by one click, as a demonstration allows. */
async function enter(role, options) {
  const opened = await openPage(browser, demo.origin, options);
  await opened.page.goto(`${demo.origin}/desk/nantes`);
  await opened.page.locator(`button[value=${role}]`).click();
  await opened.page.waitForURL(`${demo.origin}/desk/nantes`);
  return opened;
}

/** Saves a search, as a publisher. */
async function watch(page, tag) {
  await page.goto(`${demo.origin}/desk/nantes/watch`);
  await page.locator("#dimension").selectOption("tag");
  await page.locator("#value").fill(`#${tag}`);
  await page.locator("#purpose").fill("Savoir si les travaux gênent");
  await page.locator("form .main-action").click();
  await page.waitForURL(/done=saved/);
}

test("each role is offered what it may open, and nothing else opens", async () => {
  for (const [role, offered] of Object.entries(OFFERED)) {
    const { page, context } = await enter(role);
    const links = await page.locator(".desk-bar nav a").evaluateAll((found) => found.map((link) => new URL(link.href).pathname));
    assert.deepEqual(links.filter((link) => link !== "/desk"), offered, role);
    for (const path of new Set(Object.values(OFFERED).flat())) {
      const answer = await page.goto(demo.origin + path);
      assert.equal(answer.status(), offered.includes(path) ? 200 : 403, `${role} ${path}`);
    }
    await context.close();
  }
});

test("A3 one cookie, which no script reads and which goes with the session", async () => {
  const { page, context } = await enter("reader");
  const [cookie, ...more] = await context.cookies();
  assert.deepEqual(more, []);
  assert.deepEqual(
    { name: cookie.name, httpOnly: cookie.httpOnly, secure: cookie.secure, sameSite: cookie.sameSite, path: cookie.path },
    { name: "__Host-parvis", httpOnly: true, secure: true, sameSite: "Lax", path: "/" },
  );
  assert.equal(await page.evaluate(() => document.cookie), "");
  await page.locator(".desk-bar form button").click();
  await page.waitForURL(`${demo.origin}/desk`);
  assert.deepEqual(await context.cookies(), []);
  await page.goto(`${demo.origin}/desk/nantes`);
  assert.match(page.url(), /\/desk\?to=%2Fdesk%2Fnantes$/);
  await context.close();
});

for (const [device, viewport] of Object.entries(WIDTHS)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`every page of the desk is accessible and asks nobody else: ${device}, ${colorScheme}`, async () => {
      for (const role of ["publisher", "moderator", "dpo", "administrator"]) {
        const { page, context, wrongs } = await openPage(browser, demo.origin, { viewport, colorScheme });
        const look = async (path) => {
          await page.goto(demo.origin + path);
          assert.deepEqual(await violations(page), [], `axe on ${path}`);
          assert.ok((await overflow(page)) <= 0, `${path} is wider than the screen`);
          await picture(page, `desk ${path} ${role} ${device} ${colorScheme}`);
        };
        await look("/desk");
        await look("/desk?hl=en");
        await page.locator(`button[value=${role}]`).click();
        for (const path of ["/desk", "/desk/account", "/desk/nowhere/at/all", ...OFFERED[role]]) await look(path);
        if (role === "moderator") {
          for (const list of ["complaints", "queue", "decisions", "latest"]) await look(`/desk/nantes/moderation?list=${list}`);
          await look(new URL(await page.locator(".items .acts a").first().getAttribute("href"), demo.origin).pathname);
        }
        if (role === "publisher") {
          await watch(page, `${device}${colorScheme}`);
          await look("/desk/nantes/watch");
          await look(await page.locator(".items h3 a").first().getAttribute("href"));
          await look("/nantes/register");
        }
        const wrong = (await wrongs()).filter((one) => one !== "cookie __Host-parvis");
        assert.deepEqual(wrong, []);
        await context.close();
      }
    });
  }
}

test("the demonstration has a past: its first screen says what is usual, its numbers have weeks", async () => {
  const { page, context } = await enter("reader");
  const said = (await page.locator("main").innerText()).replaceAll(/[\u00a0\u202f]/g, " ");
  assert.match(said, /D’habitude, un \p{L}+ entier : \d+ messages?\./u);
  assert.match(said, /D’habitude, un \p{L}+ vers \d+ h : /u);
  assert.match(said, /Rien d’inhabituel\. La ville est comptée depuis |Inhabituel depuis /);
  assert.equal(await page.locator(".figures tbody tr").count(), 7);
  await page.goto(`${demo.origin}/desk/nantes/numbers?width=week`);
  assert.match(await page.locator("main .lead").innerText(), /^\d+ messages d’habitants\. \d+ personnes au moins\.$/);
  await context.close();
});

test("the first screen draws its days from the oldest to today, beside what is usual", async () => {
  const { page, context } = await enter("reader");
  const chart = page.locator("time-chart");
  assert.equal(await chart.locator("rect.number").count(), await chart.locator("tbody tr").count());
  const names = await chart.locator("tbody th").evaluateAll((all) => all.map((one) => one.dataset.label));
  const drawn = await chart.locator("svg text").evaluateAll((all) => all.slice(1).map((one) => one.textContent));
  assert.deepEqual([drawn.at(0), drawn.at(-1)], [names.at(-1), names.at(0)]);
  assert.equal(await chart.locator("path.usual").count(), 1);
  await context.close();
});

test("without JavaScript the desk works the same", async () => {
  const { page, context } = await enter("administrator", { javaScriptEnabled: false });
  await page.goto(`${demo.origin}/desk/nantes/people`);
  await page.locator("#name").fill("nouvelle");
  await page.locator("#role").selectOption("contributor");
  await page.locator("main form .main-action").click();
  assert.match(await page.locator(".done .secret").innerText(), /^([a-z2-7]{5}-){3}[a-z2-7]{5}$/);
  await page.goto(`${demo.origin}/desk/nantes/people`);
  await page.getByRole("button", { name: "Retirer Contribution à nouvelle" }).click();
  await page.waitForURL(/done=taken/);
  await context.close();
});

test("A8 what a moderator hides is gone from every open screen within two seconds, and comes back", async () => {
  const { page, context } = await enter("moderator");
  const reader = await openPage(browser, demo.origin);
  await reader.page.goto(`${demo.origin}/nantes`);
  await reader.page.locator("[data-live-state]", { hasText: "direct" }).waitFor();
  await page.goto(`${demo.origin}/desk/nantes/moderation?list=latest`);
  const path = await page.locator(".items .acts a").first().getAttribute("href");
  const card = reader.page.locator(`#post-${path.split("/").at(-1)}`);
  await card.waitFor({ state: "attached" });
  await page.goto(demo.origin + path);
  const hide = page.locator("section", { has: page.locator("#measure-hide") });
  await hide.locator("select[name=motive]").selectOption("abuse");
  await hide.getByRole("button").click();
  await page.locator(".done").waitFor();
  await card.waitFor({ state: "detached", timeout: 2_000 });
  await page.goto(`${demo.origin}/desk/nantes/moderation?list=decisions`);
  assert.match(await page.locator("table.log tbody tr").first().innerText(), /demo-moderator.*Retrait\s: injure/s);
  await page.getByRole("button", { name: /Lever la décision/ }).first().click();
  await card.waitFor({ state: "attached", timeout: 2_000 });
  await reader.context.close();
  await context.close();
});

test("S-21 a volunteer who moderates is not shown what is addressed to the city", async () => {
  const { page, context } = await enter("moderator");
  assert.equal(await page.locator("a[href$='/inbox']").count(), 0);
  assert.equal((await page.goto(`${demo.origin}/desk/nantes/inbox`)).status(), 403);
  assert.equal((await page.goto(`${demo.origin}/desk/nantes/moderation`)).status(), 200);
  await context.close();
});

test("S-18 a notice written at the desk is on the square when it is published, and goes when it is taken back", async () => {
  const { page, context } = await enter("publisher");
  const reader = await openPage(browser, demo.origin);
  await reader.page.goto(`${demo.origin}/nantes?lane=info`);
  await reader.page.locator("[data-live-state]", { hasText: "direct" }).waitFor();
  await page.goto(`${demo.origin}/desk/nantes/notices`);
  await page.locator("#what").fill("Pont Tabarly fermé aux voitures");
  await page.locator("#place").fill("quai Malakoff");
  await page.locator("main form .main-action").click();
  await page.getByRole("button", { name: "Publier" }).first().click();
  await page.locator(".done", { hasText: "est sur la place" }).waitFor();
  const card = reader.page.locator("article", { hasText: "Pont Tabarly fermé" });
  await card.waitFor({ state: "attached", timeout: 4_000 });
  assert.match(await card.innerText(), /Ville de Nantes/);
  await page.getByRole("button", { name: "Retirer de la place" }).first().click();
  await card.waitFor({ state: "detached", timeout: 4_000 });
  await reader.context.close();
  await context.close();
});

test("feature 19 a saved search stands in the public register at once, without JavaScript, and can be ended", async () => {
  const { page, context } = await enter("publisher", { javaScriptEnabled: false });
  await watch(page, "travaux");
  const citizen = await openPage(browser, demo.origin);
  await citizen.page.goto(`${demo.origin}/nantes/register`);
  assert.match(await citizen.page.locator("main").innerText(), /Mot-clé #travaux\s+Savoir si les travaux gênent/);
  await citizen.context.close();
  await page.getByRole("button", { name: "Y mettre fin" }).first().click();
  await page.waitForURL(/done=ended/);
  await context.close();
});

test("a chart draws the table that it wraps, in both themes, and the table stays", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await enter("reader", { colorScheme });
    await page.goto(`${demo.origin}/desk/nantes/numbers`);
    // A demonstration has no closed week: the element itself, on the page that it stands on.
    await page.evaluate(() => {
      const element = (name, children, attributes = {}) => {
        const made = document.createElement(name);
        for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
        made.append(...children);
        return made;
      };
      const rows = [4, null, 9].map((posts, at) => {
        const value = element("td", [String(posts ?? "pas dit")], { "data-value": posts ?? "" });
        return element("tr", [element("th", [`jour ${at}`], { scope: "row" }), value, element("td", ["5"], { "data-usual": 5 })]);
      });
      const heads = ["Jour", "Messages", "D’ordinaire"].map((head) => element("th", [head], { scope: "col" }));
      const table = element("table", [element("thead", [element("tr", heads)]), element("tbody", rows)], { class: "figures" });
      const says = "Messages par jour. Le trait est le niveau habituel.";
      const chart = element("time-chart", [table], { "data-says": says });
      document.querySelector("main").append(chart);
    });
    const chart = page.locator("time-chart").last();
    assert.equal(await chart.locator("rect.number").count(), 2);
    assert.equal(await chart.locator(".untold").count(), 1);
    assert.equal(await chart.locator("path.usual").count(), 1);
    assert.equal(await chart.locator("figcaption").innerText(), "Messages par jour. Le trait est le niveau habituel.");
    assert.equal(await chart.locator("figure").getAttribute("aria-hidden"), "true");
    assert.equal(await chart.locator("tbody tr").count(), 3);
    assert.deepEqual(await violations(page), []);
    await picture(page, `chart ${colorScheme}`);
    await context.close();
  }
});

test("on paper nothing acts, and everything is told", async () => {
  const { page, context } = await enter("publisher");
  await page.goto(`${demo.origin}/desk/nantes/watch`);
  await page.emulateMedia({ media: "print" });
  assert.deepEqual(await page.locator("main :is(button, input, select), .desk-bar").evaluateAll((all) => all.filter((one) => one.checkVisibility())), []);
  assert.ok(await page.locator("h1").isVisible());
  await context.close();
});
