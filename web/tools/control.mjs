// The negative control of the type check: fails when tsc accepts a file with a type error.
import { spawnSync } from "node:child_process";

const run = spawnSync("npx", ["tsc", "-p", "tsconfig.control.json"], { encoding: "utf8" });
if (run.status === 0 || !run.stdout.includes("TS2322")) {
  console.error("tsc did not refuse tools/type_error.control.ts: the type check checks nothing.\n" + run.stdout + run.stderr);
  process.exit(1);
}
