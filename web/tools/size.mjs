// The budget of the citizen's page: JavaScript and style sheet together at most 25 KiB gzipped, fonts apart.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 25 * 1024;
const { "src/main.ts": main } = JSON.parse(readFileSync("dist/manifest.json", "utf8"));
const files = [main.file, ...(main.css ?? [])];
const total = files.reduce((sum, file) => sum + gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length, 0);
console.log(`${files.join(" + ")}: ${(total / 1024).toFixed(1)} KiB gzipped of ${BUDGET / 1024}`);
if (total > BUDGET) {
  console.error("over the budget: see libraries 1.13");
  process.exit(1);
}
