// Opens a city's page in Chromium over a throttled wire and tells when its first post can be read.
// Usage: node measure.mjs RUNS; one JSON object on standard output. PARVIS_BIN and CHROMIUM name the two programs.
import { startBrowser, startDemo } from "../../web/e2e/harness.mjs";

const runs = Number(process.argv[2] ?? 3);
/** 400 kbit/s, and 400 ms before each answer. */
const WIRE = { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
const PHONE = { width: 360, height: 740 };

/** Runs in the page: notes the frame in which text of a post is painted. */
function watch() {
  const look = () => {
    const text = document.querySelector("#posts li .text, #posts li p");
    const hasPainted = performance.getEntriesByName("first-contentful-paint").length > 0;
    if (hasPainted && text && text.getClientRects().length > 0) {
      const box = text.getBoundingClientRect();
      window.firstPost = { ms: performance.now(), isInView: box.top < innerHeight };
    } else {
      requestAnimationFrame(look);
    }
  };
  requestAnimationFrame(look);
}

async function open(browser, origin) {
  const context = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 2 });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  await wire.send("Network.enable");
  await wire.send("Network.setCacheDisabled", { cacheDisabled: true });
  await wire.send("Network.emulateNetworkConditions", WIRE);
  const requests = new Map();
  wire.on("Network.requestWillBeSent", (it) => requests.set(it.requestId, { url: it.request.url, start: it.timestamp, bytes: 0 }));
  wire.on("Network.dataReceived", (it) => {
    const request = requests.get(it.requestId);
    if (request) request.bytes += it.encodedDataLength;
  });
  wire.on("Network.loadingFinished", (it) => {
    const request = requests.get(it.requestId);
    if (request) Object.assign(request, { end: it.timestamp, bytes: it.encodedDataLength });
  });
  await page.addInitScript(watch);
  await page.goto(`${origin}/nantes`, { waitUntil: "commit" });
  await page.waitForFunction(() => window.firstPost, undefined, { timeout: 60_000, polling: 100 });
  const firstPost = await page.evaluate(() => window.firstPost);
  await page.waitForLoadState("load");
  await page.waitForTimeout(2_500);
  await context.close();
  const all = [...requests.values()].filter((it) => it.url.startsWith("http"));
  const first = all[0].start;
  const ms = (at) => Math.round((at - first) * 1_000);
  return {
    ...firstPost,
    bytes: all.reduce((sum, it) => sum + it.bytes, 0),
    requests: all.map((it) => ({ path: new URL(it.url).pathname, start: ms(it.start), end: ms(it.end), bytes: it.bytes })),
  };
}

const server = await startDemo();
const browser = await startBrowser();
try {
  const opened = [];
  for (let run = 0; run < runs; run += 1) opened.push(await open(browser, server.origin));
  console.log(JSON.stringify(opened));
} finally {
  await browser.close();
  await server.stop();
}
