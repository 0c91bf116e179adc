// What the browser tests share: a demonstration of their own, a Chromium, and a page that reports what it must not do.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { connect, createServer } from "node:net";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.PARVIS_BIN ?? `${root}target/debug/parvis`;
const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const WIDTHS = { phone: { width: 360, height: 740 }, desktop: { width: 1440, height: 900 } };

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

/** Starts `parvis demo` and waits until it serves. `stop()` ends it and waits for the end. */
export async function startDemo(...args) {
  if (!existsSync(binary)) throw new Error(`${binary} is not there: run make build, or name it in PARVIS_BIN`);
  const port = await freePort();
  const child = spawn(binary, ["demo", "--seed", "7", "--listen", `127.0.0.1:${port}`, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, RUST_LOG: "warn" },
  });
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => reject(new Error(`the demonstration did not start in 120 s: ${output}${errors}`)), 120_000);
    child.stdout.on("data", (data) => {
      output += data;
      if (output.includes("Open http")) {
        clearTimeout(timer);
        resolve();
      }
    });
    ended.then((code) => reject(new Error(`the demonstration ended with ${code}: ${errors}`)));
  });
  return {
    origin: `http://localhost:${port}`,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
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

/** A page that notes requests elsewhere, console errors (refusals of the content policy are among them) and cookies. */
export async function openPage(browser, origin, options = {}) {
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
    async wrongs() {
      const cookies = await context.cookies();
      return [...wrong, ...cookies.map((cookie) => `cookie ${cookie.name}`)];
    },
  };
}
