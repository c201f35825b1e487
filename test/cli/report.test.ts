import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";

const run = ["run", "job", "-i", "hosts.yml"] as const;
const ALL = ["--report", "a.html", "--report", "b.xml", "--report", "c.json"] as const;

/** What is in a directory but for what the job itself needs. */
async function filesIn(directory: string): Promise<string[]> {
  const own = new Set(["hosts.yml", "runbooks", ".local", "a", "b"]);
  return (await readdir(directory)).filter((name) => !own.has(name)).toSorted();
}

describe("--report", () => {
  test("writes a report in each form at the end of a run, and the same again from the history", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    const done = await shop.run(...run, "-y", ...ALL);
    expect(done.exit).toBe(0);
    expect(done.err).toBe("report: a.html\nreport: b.xml\nreport: c.json\n");
    expect(await filesIn(shop.directory)).toEqual(["a.html", "b.xml", "c.json"]);
    const read = (name: string) => readFile(join(shop.directory, name), "utf8");
    expect(await read("a.html")).toMatch(/^<!doctype html>[^]*A job[^]*<\/html>\n$/);
    expect(await read("b.xml")).toContain('<testcase classname="job.sweep" name="sweep on a"');
    expect(JSON.parse(await read("c.json"))).toMatchObject({ version: 1, outcome: "fixed", exit: 0 });

    const again = ["--report", "again.html", "--report", "again.xml", "--report", "again.json"];
    const shown = await shop.run("history", "show", "last", ...again);
    expect(shown).toEqual({ exit: 0, out: "", err: "report: again.html\nreport: again.xml\nreport: again.json\n" });
    expect(await read("again.html")).toBe(await read("a.html"));
    expect(await read("again.xml")).toBe(await read("b.xml"));
    expect(await read("again.json")).toBe(await read("c.json"));
  });

  test("is written whatever the run came to, and leaves its exit code alone", async () => {
    await using shop = await localJob(sweep("sweep", "high", "", ""), { files: { "a/x.bad": "" } });
    const waiting = await shop.run(...run, "--report", "w.xml", "--json");
    expect(waiting.exit).toBe(3);
    expect(await readFile(join(shop.directory, "w.xml"), "utf8")).toContain("<skipped");
    await rm(join(shop.directory, "a"), { recursive: true });
    const unknown = await shop.run(...run, "--report", "u.xml");
    expect(unknown.exit).toBe(4);
    expect(await readFile(join(shop.directory, "u.xml"), "utf8")).toContain('<error type="unknown"');
  });

  test("is written by a run that is interrupted", async () => {
    const slow = `  - id: slow\n    detect: { run: 'touch "$dir/on"; sleep 20', timeout: 60s }\n`;
    await using shop = await localJob(slow);
    const { child, seen, ended } = shop.start(...run, "--report", "i.json");
    while (!(await readdir(join(shop.directory, "a"))).includes("on"))
      await new Promise((wake) => setTimeout(wake, 20));
    child.kill("SIGINT");
    await seen("Once more leaves at once.");
    await new Promise((wake) => setTimeout(wake, 200));
    child.kill("SIGINT");
    expect((await ended).exit).toBe(130);
    expect(JSON.parse(await readFile(join(shop.directory, "i.json"), "utf8"))).toMatchObject({ exit: 130 });
  });

  test.each([
    ["an ending that says nothing", "out.pdf", "out.pdf: no report has the ending `.pdf`"],
    ["a mistyped ending", "out.htm", "did you mean `.html`?"],
    ["no ending", "out", "out: it has no ending"],
    ["no name", "", "--report: no file is named"],
    ["a directory that is not there", "no/such/out.html", "there is no directory"],
    ["a directory in the place of the file", "dir.html", "dir.html: it is a directory"],
    ["a file in the place of the directory", "file/out.xml", "there is no directory"],
  ])("refuses %s before anything is run", async (_, file, words) => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "", file: "" } });
    await mkdir(join(shop.directory, "dir.html"));
    const refused = await shop.run(...run, "-y", "--report", file);
    expect(refused).toMatchObject({ exit: 64, out: "" });
    expect(refused.err).toContain(words);
    expect(await readdir(join(shop.directory, "a"))).toContain("x.bad");
    expect((await shop.run("history")).err).toBe("No runs are on record.\n");
  });

  test("refuses one file for two reports, whatever it is called", async () => {
    await using shop = await localJob(sweep());
    const twice = await shop.run(...run, "--report", "a.html", "--report", "./a.html");
    expect(twice).toMatchObject({ exit: 64, out: "" });
    expect(twice.err).toContain("a.html: it is named more than once");
  });

  test("follows a link, replaces what was there, and obeys the umask", async () => {
    await using shop = await localJob(sweep());
    const at = (name: string) => join(shop.directory, name);
    await writeFile(at("old.json"), "old");
    await chmod(at("old.json"), 0o600);
    await symlink("old.json", at("link.json"));
    expect((await shop.run(...run, "--report", "link.json")).exit).toBe(0);
    expect(JSON.parse(await readFile(at("old.json"), "utf8"))).toMatchObject({ version: 1 });
    expect(await filesIn(shop.directory)).toEqual(["link.json", "old.json"]);
    expect((await stat(at("old.json"))).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("that cannot be written in the end is told, and a run that went well does not pass for one that is all well", async () => {
    const vandal = `  - id: vandal\n    detect: { run: 'rm -rf "$dir/../gone"' }\n`;
    await using shop = await localJob(vandal);
    await mkdir(join(shop.directory, "gone"));
    const told = await shop.run(...run, "--report", "gone/out.html", "--report", "kept.json");
    expect(told.exit).toBe(1);
    expect(told.err).toMatch(
      /gone\/out\.html: the report was not written: there is no directory .*\n {2}→ .*history show RUN --report FILE`.*\n/,
    );
    expect(told.err).toContain("report: kept.json\n");
    expect(JSON.parse(await readFile(join(shop.directory, "kept.json"), "utf8"))).toMatchObject({ exit: 0 });
    expect((await shop.run("history")).out).toContain("exit 0");
  });

  test("hides no failure behind a report that cannot be written", async () => {
    const vandal = `  - id: vandal\n    detect: { run: 'rm -rf "$dir/../gone"; echo bad' }\n`;
    await using shop = await localJob(vandal);
    await mkdir(join(shop.directory, "gone"));
    expect((await shop.run(...run, "--report", "gone/out.html")).exit).toBe(2);
  });

  test("masks private columns and everything that repeats them", async () => {
    const step = `  - id: users
    detect:
      run: cat "$dir/users"
      findings: { account: { type: string, private: true }, amount: integer }
    fix: { risk: low, run: 'echo "removing $account"; exit 3' }
`;
    await using shop = await localJob(step, { files: { "a/users": "mallory-the-user\t12\n" } });
    expect((await shop.run(...run, "-y", ...ALL)).exit).toBe(1);
    for (const name of ["a.html", "b.xml", "c.json"]) {
      const text = await readFile(join(shop.directory, name), "utf8");
      expect(text).toContain("removing ••••••");
      expect(text).toContain("•••");
      expect(text).not.toContain("mallory");
    }
  });
});

test("a run that goes on writes its report from its first event on, where it was asked for", async () => {
  await using shop = await localJob(sweep("sweep", "high"), { files: { "a/x.bad": "" } });
  expect((await shop.run(...run)).exit).toBe(3);
  await shop.write("elsewhere/here", "");
  const { exit } = await shop.run("resume", "last", "--report", "r.json");
  expect(exit).toBe(3);
  const report = JSON.parse(await readFile(join(shop.directory, "r.json"), "utf8"));
  const types: string[] = report.timeline.map((moment: { type: string }) => moment.type);
  expect(types.filter((type) => type === "run-started" || type === "run-resumed")).toEqual([
    "run-started",
    "run-resumed",
  ]);
});
