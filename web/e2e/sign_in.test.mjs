// Signing in at a real server, in a real browser: a second factor set up and given, waiting after failures, and a session that
// ends elsewhere or by rest.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openPage, runParvis, startBrowser, startServer, violations } from "./harness.mjs";

const STEP_MS = 30_000;
let folder;
let config;
let server;
let browser;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "parvis-sign-in-"));
  mkdirSync(join(folder, "cities"));
  writeFileSync(join(folder, "cities/ville.toml"), 'name = "Ville"\n[recipe]\nhashtags = ["ville"]\n');
  config = join(folder, "parvis.toml");
  server = await startServer((port) => {
    writeFileSync(config, `[http]\nlisten = "127.0.0.1:${port}"\n[store]\nurl = "sqlite://parvis.db"\n`);
    return ["serve", "--config", config];
  });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true });
});

/** An account with a password that was made for it. */
async function account(name, role) {
  const said = await runParvis("user", "add", name, "--city", "ville", "--role", role, "--config", config);
  return said.match(/shown once: (\S+)/)[1];
}

async function write(page, name, password) {
  await page.goto(`${server.origin}/desk/ville`);
  await page.locator("#name").fill(name);
  await page.locator("#password").fill(password);
}

async function signIn(page, name, password) {
  await write(page, name, password);
  await page.locator("main form .main-action").click();
}

/** RFC 6238, as a telephone calculates it. */
function code(secret, at) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((sign) => letters.indexOf(sign).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)));
  const hash = createHmac("sha1", key).update(step).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

async function give(page, text) {
  await page.locator("#code").fill(text);
  await page.locator("main form .main-action").click();
}

test("A2 a moderator sets a second factor up, gives it at the next sign-in, and no code twice", async () => {
  const password = await account("mod.a", "moderator");
  const { page, context } = await openPage(browser, server.origin);
  await signIn(page, "mod.a", password);
  await page.waitForURL(/\/desk\/code/);
  assert.deepEqual(await violations(page), []);
  const secret = await page.locator(".code.secret").innerText();
  await give(page, "000000");
  assert.ok(await page.locator("#problem").isVisible());
  // The secret that is shown again is another one: what was photographed before is of no use.
  const set = await page.locator(".code.secret").innerText().catch(() => secret);
  const used = code(set, Date.now());
  await give(page, used);
  await page.waitForURL(`${server.origin}/desk/ville`);
  await page.locator(".desk-bar form button").click();
  await signIn(page, "mod.a", password);
  assert.equal(await page.locator(".code.secret").count(), 0, "it is set up already");
  await give(page, used);
  assert.ok(await page.locator("#problem").isVisible(), "a code is good once");
  await give(page, code(set, Date.now() + STEP_MS));
  await page.waitForURL(`${server.origin}/desk/ville`);
  assert.equal((await page.goto(`${server.origin}/desk/ville/moderation`)).status(), 200);
  await context.close();
});

test("A3 a session that was ended leads to the page to sign in, and back to where one was", async () => {
  const password = await account("ana", "contributor");
  const { page, context } = await openPage(browser, server.origin, { extraHTTPHeaders: {} });
  await signIn(page, "ana", password);
  await page.waitForURL(/\/desk(\/ville)?$/).catch(() => undefined);
  if (page.url().endsWith("/desk")) assert.fail(await page.locator("main").innerText());
  await runParvis("user", "disable", "ana", "--config", config);
  await page.goto(`${server.origin}/desk/ville/inbox`);
  assert.equal(new URL(page.url()).searchParams.get("to"), "/desk/ville/inbox");
  await runParvis("user", "disable", "ana", "--undo", "--config", config);
  await page.locator("#name").fill("ana");
  await page.locator("#password").fill(password);
  await page.locator("main form .main-action").click();
  await page.waitForURL(`${server.origin}/desk/ville/inbox`);
  await context.close();
});

/** Has all sessions of the server rest for so long: they were last used that much earlier. */
function rest(minutes) {
  const write = `import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=20)
with database:
    print(database.execute("UPDATE staff_sessions SET seen_at = seen_at - ?", (int(sys.argv[2]),)).rowcount)`;
  const rows = execFileSync("python3", ["-c", write, join(folder, "parvis.db"), String(minutes * 60_000_000)], { encoding: "utf8" });
  assert.ok(Number(rows) >= 1, "there was a session");
}

test("A3 a session that rested for half an hour is over: one is told so, signs in and is back", async () => {
  const password = await account("noe", "contributor");
  const { page, context } = await openPage(browser, server.origin);
  await signIn(page, "noe", password);
  await page.waitForURL(`${server.origin}/desk/ville`);
  const inbox = `${server.origin}/desk/ville/inbox`;
  rest(25);
  await page.goto(inbox);
  assert.equal(page.url(), inbox, "25 minutes are no end");
  rest(31);
  await page.reload();
  assert.equal(new URL(page.url()).searchParams.get("to"), "/desk/ville/inbox");
  assert.match(await page.locator("main .problem").innerText(), /^Votre session s’est fermée\. Entrez à nouveau/);
  assert.deepEqual(await violations(page), []);
  await page.locator("#name").fill("noe");
  await page.locator("#password").fill(password);
  await page.locator("main form .main-action").click();
  await page.waitForURL(inbox);
  assert.equal(await page.locator("h1").innerText(), "Adressés à la ville");
  await page.goto(`${server.origin}/desk/account`);
  assert.match(await page.locator("main").innerText(), /noe/, "and it is a whole session again");
  await context.close();
});

// Last, for its failures have every account of this address wait.
test("A1 after ten failures one waits, and is told for how long", async () => {
  const password = await account("lea", "reader");
  const { page, context } = await openPage(browser, server.origin);
  // The first wait is of two seconds, in which a slow machine does not write the form anew.
  const right = await context.newPage();
  await write(right, "lea", password);
  for (let tries = 0; tries < 10; tries += 1) {
    await signIn(page, "lea", "trois vaches vertes");
    assert.match(await page.locator("#problem").innerText(), /ne vont pas ensemble/);
  }
  await right.locator("main form .main-action").click();
  assert.match(await right.locator("#problem").innerText(), /Trop d’essais/);
  assert.deepEqual(await context.cookies(), []);
  assert.deepEqual(await violations(right), []);
  await context.close();
});
