/** The command, which at its end leaves beside its files what V8 has compiled of them. */
import { writeFileSync } from "node:fs";
import { compiledOf, load } from "../bin/load.js";

const scripts = new Map();
load((file, script) => scripts.set(file, script));
process.on("exit", () => {
  for (const [file, script] of scripts) writeFileSync(compiledOf(file), script.createCachedData());
});
