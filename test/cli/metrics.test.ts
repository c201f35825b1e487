import { chmod, mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";

const run = ["run", "job", "-i", "hosts.yml"] as const;

describe("--metrics", () => {
  test("writes the metrics of a run for everybody to read, whatever the umask and the old file say, and again when it goes on", async () => {
    await using shop = await localJob(sweep("sweep", "high"), { files: { "a/x.bad": "", "out/old.prom": "old" } });
    const at = (name: string) => join(shop.directory, "out", name);
    await chmod(at("old.prom"), 0o600);
    await symlink("old.prom", at("job.prom"));
    const before = process.umask(0o077);
    let out: string;
    try {
      const waiting = await shop.run(...run, "--metrics", "out/job.prom");
      expect(waiting.exit).toBe(3);
      expect(waiting.err).toBe("metrics: out/job.prom\n");
      ({ out } = waiting);
    } finally {
      process.umask(before);
    }
    const waits = 'runbook_run_waiting_approvals{source="job",runbook="job",step="sweep"}';
    expect(await readFile(at("old.prom"), "utf8")).toContain(`${waits} 1\n`);
    expect((await stat(at("old.prom"))).mode & 0o777).toBe(0o644);
    expect(await readdir(join(shop.directory, "out"))).toEqual(["job.prom", "old.prom"]);

    const [, card = ""] = /card ([0-9a-f]{12})/.exec(out) ?? [];
    expect((await shop.run("approve", "last", "--digest", card)).exit).toBe(0);
    expect((await shop.run("resume", "last", "--metrics", "out/job.prom")).exit).toBe(0);
    const told = await readFile(at("job.prom"), "utf8");
    expect(told).toContain(`${waits} 0\n`);
    expect(told).toContain('runbook_run_hosts{source="job",runbook="job",outcome="fixed"} 1\n');
  });

  test.each([
    ["a file that nobody would read", "job.txt", "metrics are read from files that end in `.prom`"],
    ["a directory in the place of the file", "dir.prom", "dir.prom: it is a directory"],
  ])("refuses %s before anything is run", async (_, file, words) => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    await mkdir(join(shop.directory, "dir.prom"));
    const refused = await shop.run(...run, "-y", "--metrics", file);
    expect(refused).toMatchObject({ exit: 64, out: "" });
    expect(refused.err).toContain(words);
    expect(await readdir(join(shop.directory, "a"))).toContain("x.bad");
  });

  test("that cannot be written in the end are told, and the run does not pass for one that is all well", async () => {
    const vandal = `  - id: vandal\n    detect: { run: 'rm -rf "$dir/../gone"' }\n`;
    await using shop = await localJob(vandal);
    await mkdir(join(shop.directory, "gone"));
    const told = await shop.run(...run, "--metrics", "gone/job.prom");
    expect(told.exit).toBe(1);
    expect(told.err).toMatch(/gone\/job\.prom: the metrics were not written: there is no directory/);
    expect(told.err).not.toContain("metrics: gone");
  });
});
