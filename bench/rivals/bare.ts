import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { Given } from "../bare-login.ts";
import { fromJsonLines, type Rival } from "../rival.ts";
import { WIDTH } from "../target.ts";

/** A loop of our own on ssh2, in one file and with Node's compile cache, so that it loses little time in loading modules. */
function bare(kind: "exec" | "frame"): Rival {
  return {
    name: `bare-${kind}`,
    exit: 0,
    async prepare(target, work, dir) {
      const given: Given = {
        hosts: target.hosts.map((host) => host.address),
        port: target.port,
        key: target.key,
        hostKey: target.hostKey.split(" ")[1] ?? "",
        width: WIDTH,
        scripts: work.map((script) => script.text),
      };
      await writeFile(join(dir, "given.json"), JSON.stringify(given));
      // Beside `dir`, where the next round finds it again: the cache goes by the path.
      const loop = join(dir, "..", `bare-${kind}.cjs`);
      await bundle(join(import.meta.dirname, "..", `bare-${kind}.ts`), loop);
      return {
        argv: [process.execPath, loop, "given.json"],
        env: { NODE_COMPILE_CACHE: join(dir, "..", "compile-cache") },
      };
    },
    results: async (dir) => fromJsonLines(await readFile(join(dir, "stdout"), "utf8")),
  };
}

async function bundle(from: string, to: string): Promise<void> {
  await build({
    entryPoints: [from],
    outfile: to,
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    // Native code that ssh2 uses where it was built, and does without otherwise.
    external: ["cpu-features", "*.node"],
    logLevel: "error",
  });
}

export const bareExec: Rival = bare("exec");
export const bareFrame: Rival = bare("frame");
