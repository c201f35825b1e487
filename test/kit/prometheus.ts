import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";

/** Debian's Prometheus, which asks Debian's node_exporter every second for what lies in a directory. Both on loopback, and ended with it. */
export type Prometheus = AsyncDisposable & {
  /** As a person asks: what `promtool query instant` prints. */
  readonly promtool: (query: string) => string;
  /** The series of an answer, and their values. What it does not understand throws. */
  readonly ask: (query: string) => Promise<readonly Answer[]>;
  /** Waits until a query has an answer. */
  readonly known: (query: string) => Promise<void>;
};

export type Answer = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

const Response = z.object({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .object({
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
    })
    .optional(),
});

/** Starts both for the textfiles of a directory, with these alert rules. */
export async function startPrometheus(textfiles: string, rules: string): Promise<Prometheus> {
  const dir = mkdtempSync(join(tmpdir(), "rb-prometheus-"));
  const [port, exporter] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${exporter}`;
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [rules],
    scrape_configs: [{ job_name: "bastion", static_configs: [{ targets: [address] }] }],
  };
  writeFileSync(join(dir, "prometheus.yml"), JSON.stringify(config));
  const children = [
    start("prometheus-node-exporter", [
      "--collector.disable-defaults",
      "--collector.textfile",
      `--collector.textfile.directory=${textfiles}`,
      `--web.listen-address=${address}`,
    ]),
    start("prometheus", [
      `--config.file=${dir}/prometheus.yml`,
      `--storage.tsdb.path=${dir}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]),
  ];
  const url = `http://127.0.0.1:${port}`;
  const ask = async (query: string): Promise<readonly Answer[]> => {
    const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { error, data } = Response.parse(await answer.json());
    if (data === undefined) throw new Error(`${query}: ${error}`);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  };
  return {
    promtool: (query) => execFileSync("promtool", ["query", "instant", url, query], { encoding: "utf8" }),
    ask,
    async known(query) {
      for (let left = 300; left > 0; left--) {
        const answers = await ask(query).catch(() => []);
        if (answers.length > 0) return;
        await sleep(100);
      }
      throw new Error(`no answer to ${query}`);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map(end));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: "ignore" });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

/** One that nobody listens on right now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
