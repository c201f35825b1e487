import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Rival } from "../rival.ts";
import { sshOptions, WIDTH } from "../target.ts";
import type { Script } from "../work.ts";

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A script that calls a tool once for each script of the work. */
function calls(work: readonly Script[], call: (script: string, index: number) => string): string {
  return `set -e\n${work.map((script, index) => `${call(quote(script.text), index)} </dev/null`).join("\n")}\n`;
}

/** pdsh: one ssh process for each host and script, 50 at once. */
export const pdsh: Rival = {
  name: "pdsh",
  exit: 0,
  async prepare(target, work, dir) {
    const options = [
      "-F",
      "/dev/null",
      "-i",
      target.key,
      "-p",
      `${target.port}`,
      "-o",
      "IdentitiesOnly=yes",
      ...sshOptions(target),
    ];
    const text = calls(
      work,
      (script, index) => `pdsh -S -R ssh -f ${WIDTH} -l root -w ^${target.list} ${script} >out-${index}`,
    );
    await writeFile(join(dir, "calls.sh"), text);
    return { argv: ["sh", "calls.sh"], env: { PDSH_SSH_ARGS_APPEND: options.join(" ") } };
  },
  async results(dir, work) {
    const results = new Map<string, string[]>();
    for (const index of work.keys()) {
      for (const line of (await readFile(join(dir, `out-${index}`), "utf8")).split("\n")) {
        const at = line.indexOf(": ");
        if (at < 0) continue;
        const reported = results.get(line.slice(0, at)) ?? [];
        reported[index] =
          reported[index] === undefined ? line.slice(at + 2) : `${reported[index]}\n${line.slice(at + 2)}`;
        results.set(line.slice(0, at), reported);
      }
    }
    return results;
  },
};

/** parallel-ssh: the same, in Python. */
export const pssh: Rival = {
  name: "pssh",
  exit: 0,
  async prepare(target, work, dir) {
    const options = ["-F", "/dev/null", "-i", target.key, "-o", "IdentitiesOnly=yes", ...sshOptions(target)];
    // It takes `-O` for `-o`, and everything else through `-x`.
    const given = `-l root -h hosts -p ${WIDTH} -x ${quote(options.join(" "))}`;
    await writeFile(join(dir, "hosts"), target.hosts.map((host) => `${host.address}:${target.port}\n`).join(""));
    await writeFile(
      join(dir, "calls.sh"),
      calls(work, (script, index) => `parallel-ssh ${given} -o out-${index} ${script}`),
    );
    return { argv: ["sh", "calls.sh"] };
  },
  async results(dir, work) {
    const results = new Map<string, string[]>();
    for (const index of work.keys()) {
      for (const file of await readdir(join(dir, `out-${index}`))) {
        const host = file.split(":")[0] ?? file;
        const reported = results.get(host) ?? [];
        reported[index] = await readFile(join(dir, `out-${index}`, file), "utf8");
        results.set(host, reported);
      }
    }
    return results;
  },
};
