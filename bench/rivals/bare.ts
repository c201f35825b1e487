import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { Given } from "../bare-login.ts";
import { fromJsonLines, type Rival } from "../rival.ts";
import { WIDTH } from "../target.ts";

/** A loop of our own on ssh2, bundled into one file as Runbook is, so that loading modules costs both the same. */
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
      await bundle(join(import.meta.dirname, "..", `bare-${kind}.ts`), join(dir, "loop.cjs"));
      return { argv: [process.execPath, "loop.cjs", "given.json"] };
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
