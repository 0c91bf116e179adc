// What the browser tests share: a demonstration of their own, a Chromium, and a page that reports what it must not do.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.PARVIS_BIN ?? `${root}target/debug/parvis`;
const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const WIDTHS = { phone: { width: 360, height: 740 }, desktop: { width: 1440, height: 900 } };

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function parvis(...args) {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run make build, or name it in PARVIS_BIN`);
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, RUST_LOG: "warn" } });
  const run = { child, said: "", ended: new Promise((resolve) => child.once("exit", resolve)) };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (run.said += data));
  return run;
}

/** Runs a command of `parvis` to its end; what it printed. */
export async function runParvis(...args) {
  const run = parvis(...args);
  const code = await run.ended;
  if (code !== 0) throw new Error(`parvis ${args[0]} ended with ${code}: ${run.said}`);
  return run.said;
}

/** Starts a server by `args(port)` and waits until it answers. `stop()` ends it and waits for the end. */
export async function startServer(args) {
  const port = await freePort();
  const run = parvis(...args(port));
  let code;
  void run.ended.then((ended) => (code = ended));
  const origin = `http://localhost:${port}`;
  // Both `serve` and `demo` print their address once they are ready.
  for (let tries = 0; !run.said.includes("http://") || !(await answers(origin)); tries += 1) {
    if (code !== undefined || tries > 600) throw new Error(`parvis did not serve (${code ?? "still running"}): ${run.said}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    origin,
    async stop() {
      run.child.kill("SIGTERM");
      await run.ended;
    },
  };
}

async function answers(origin) {
  try {
    return (await fetch(origin)).ok;
  } catch {
    return false;
  }
}

/** The demonstration, with the same play each time. */
export function startDemo(...args) {
  return startServer((port) => ["demo", "--seed", "7", "--listen", `127.0.0.1:${port}`, ...args]);
}

/** A wire to the server that can be cut: connections end at once, and new ones are refused until it is mended. */
export async function startWire(origin) {
  const { port } = new URL(origin);
  const sockets = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(port), "127.0.0.1");
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend() {
      isCut = false;
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** The live channel of a page, without the server's: says hello, then what it is given. */
async function stubLive(page, cursor = "stub") {
  const sockets = [];
  await page.routeWebSocket(/\/live\?/, (socket) => {
    sockets.push(socket);
    socket.send(JSON.stringify({ type: "hello", city: "x", cursor, recovered: true }));
  });
  return {
    sockets,
    send(events, at = cursor) {
      for (const socket of sockets) socket.send(JSON.stringify({ type: "batch", cursor: at, events }));
    },
  };
}

/**
 * A page that notes requests elsewhere, console errors (refusals of the content policy are among them) and cookies.
 * With `stub`, its live channel is `live` and nothing else.
 */
export async function openPage(browser, origin, { stub = false, ...options } = {}) {
  const context = await browser.newContext({ locale: "fr-FR", ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) wrong.push(`request to ${url}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !/404|net::ERR/.test(message.text())) wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  return {
    page,
    context,
    live: stub ? await stubLive(page) : undefined,
    async wrongs() {
      const cookies = await context.cookies();
      return [...wrong, ...cookies.map((cookie) => `cookie ${cookie.name}`)];
    },
  };
}

/** Violations that axe finds, run through the debugger, so that the page's own policy stays as strict as it is. */
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
}

/** With E2E_PICTURES set, keeps a picture of the whole page there for the eye. */
export async function picture(page, name) {
  const folder = process.env.E2E_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${folder}/${name.replaceAll(/[^a-z0-9]+/gi, "_")}.png`, fullPage: true });
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** Waits until the page says that it is live. */
export function joined(page) {
  return page.locator('[data-live-state][data-state="live"]').waitFor();
}
