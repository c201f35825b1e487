/** The command, which at its end leaves beside its files what V8 has compiled of them. */
import { writeFileSync } from "node:fs";
import { compiledOf, load } from "../bin/load.js";

const scripts = new Map();
load((name, script) => scripts.set(name, script));
process.on("exit", () => {
  for (const [name, script] of scripts) writeFileSync(compiledOf(name), script.createCachedData());
});
