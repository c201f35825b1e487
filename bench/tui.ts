import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { spawn } from "@lydell/node-pty";
import { build } from "esbuild";
import type { FrameTime } from "./screen/program.ts";

/*
 * Times the screen on a real pseudo-terminal, with a run of synthetic events: how long a frame takes from the first look at the state to
 * the last byte given to the terminal, and how long a key takes from its writing to its effect on the screen.
 */
const { values: options } = parseArgs({
  options: {
    hosts: { type: "string", default: "1000" },
    lines: { type: "string", default: "10000" },
    events: { type: "string", default: "50" },
    seconds: { type: "string", default: "10" },
    keys: { type: "string", default: "200" },
    size: { type: "string", default: "200x60" },
  },
});
const { hosts, lines, events, size } = options;
const [columns = 200, rows = 60] = size.split("x").map(Number);

/** Node reads no JSX, so the program is bundled, beside the packages that it imports. */
async function bundle(folder: string): Promise<string> {
  const outfile = join(folder, "program.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "screen/program.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    jsx: "automatic",
  });
  return outfile;
}

/** The program on a terminal: keys go in, and what is drawn can be waited for. */
function openScreen(program: string, file: string) {
  const env = { PATH: process.env["PATH"], TERM: "xterm-256color", NODE_ENV: "production" };
  const pty = spawn(process.execPath, [program, file, hosts, lines, events], {
    name: "xterm-256color",
    cols: columns,
    rows,
    env,
  });
  let seen = "";
  let wanted: { text: string; found: () => void } | null = null;
  pty.onData((data) => {
    seen = (seen + data).slice(-100_000);
    if (wanted === null || !seen.includes(wanted.text)) return;
    const { found } = wanted;
    wanted = null;
    found();
  });
  const ended = new Promise((resolve) => pty.onExit(resolve));
  return {
    ended,
    press: (keys: string) => pty.write(keys),
    /** ms until what a key does is on its way to the eye. */
    effect: async (keys: string, text: string): Promise<number> => {
      seen = "";
      const { promise, resolve } = Promise.withResolvers<void>();
      wanted = { text, found: resolve };
      const at = performance.now();
      pty.write(keys);
      await promise;
      return performance.now() - at;
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A frame should take less than this, in ms. */
const AIM = 16;

/** Median, 99th percentile, the longest, and the share that took longer than the aim. */
function row(name: string, ...columns: readonly (readonly number[])[]): string {
  const cells = columns.flatMap((times) => [
    share(times, 0.5).toFixed(1),
    share(times, 0.99).toFixed(1),
    share(times, 1).toFixed(1),
    `${((times.filter((time) => time > AIM).length / times.length) * 100).toFixed(1)} %`,
  ]);
  return `| ${[name, columns[0]?.length ?? 0, ...cells].join(" | ")} |`;
}

function share(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

async function main(): Promise<void> {
  const cache = join(import.meta.dirname, "../node_modules/.cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "bench-tui-"));
  const file = join(folder, "frames.json");
  const load = loadavg()[0]?.toFixed(1);
  const screen = openScreen(await bundle(folder), file);
  const span = Number(options.seconds) * 1000;
  await wait(3000);
  await wait(span);
  screen.press("t");
  await wait(span);
  for (const key of ["t", "\t", "\u001B[B"]) {
    screen.press(key);
    await wait(200);
  }
  await wait(span);
  screen.press("3");
  await wait(span);
  const keys: number[] = [];
  for (let time = 0; time < Number(options.keys); time += 1) {
    const [key, text] = time % 2 === 0 ? ["4", "[history]"] : ["3", "[output]"];
    keys.push(await screen.effect(key, text));
    // Keys come at any moment between two frames.
    await wait(40 + ((time * 37) % 97));
  }
  screen.press("\u0003");
  await wait(200);
  screen.press("\u0003");
  await screen.ended;
  const frames = JSON.parse(await readFile(file, "utf8")) as readonly FrameTime[];
  await rm(folder, { recursive: true });
  const said = [
    `${hosts} hosts print ${lines} lines a second and have ${events} events a second; ${columns} columns, ${rows} lines.`,
    `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, Linux ${release()}, Node ${process.version}; load ${load} at the start.`,
    "",
    `| a frame of | frames | wall ms, median | p99 | most | over ${AIM} ms | CPU ms, median | p99 | most | over ${AIM} ms |`,
    "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ...[...Map.groupBy(frames, ({ view }) => view)].map(([view, some]) =>
      row(
        view,
        some.map(({ wall }) => wall),
        some.map(({ cpu }) => cpu),
      ),
    ),
    "",
    `| a key, from its writing to its effect | keys | wall ms, median | p99 | most | over ${AIM} ms |`,
    "| --- | --: | --: | --: | --: | --: |",
    row("another tab", keys),
  ];
  process.stdout.write(`${said.join("\n")}\n`);
}

await main();
