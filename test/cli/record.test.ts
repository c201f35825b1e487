import { execFileSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, sweep, verdictsOf } from "../kit/shelf.ts";

const run = ["run", "job", "-i", "hosts.yml"] as const;

/** The first two lines of a summary. */
const summary = (text: string): string => /^\S+ job · .*\n.*$/m.exec(text)?.[0] ?? text;

describe("history", () => {
  test("tells every run as it was, by id, by a beginning, and by `last`", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    expect(await shop.run("history")).toEqual({ exit: 0, out: "", err: "No runs are on record.\n" });
    const first = await shop.run(...run);
    const second = await shop.run(...run, "-y");
    const rows = (await shop.run("history")).out.trimEnd().split("\n");
    expect(rows.map((row) => row.split(/ {2,}/).slice(2))).toEqual([
      ["runbook", "hosts", "ended"],
      ["job", "1", expect.stringMatching(/^exit 0, .*s$/)],
      ["job", "1", expect.stringMatching(/^exit 3, .*s$/)],
    ]);
    const [, newest = "", oldest = ""] = rows.map((row) => row.split(" ")[0]);

    const { out } = await shop.run("history", "show", "last");
    expect(summary(out)).toBe(summary(second.out));
    expect(out).toMatch(/^host {2}sweep\na {5}✓ fixed$/m);
    expect((await shop.run("history", "show", newest.slice(0, -1))).out).toBe(out);
    expect((await shop.run("history", "show", oldest)).out).toContain(/^.*1 waiting$/m.exec(first.out)?.[0]);
    const events = await shop.run("history", "show", newest, "--events");
    expect(
      events.out
        .trimEnd()
        .split("\n")
        .map((line) => Number(line.slice(0, 5))),
    ).toEqual(
      (await shop.run("history", "show", newest, "--json")).out
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { seq: number }).seq),
    );
  });

  test("a run that is not there, or that two could be, is told apart", async () => {
    await using shop = await localJob(sweep());
    expect(await shop.run("history", "show", "last")).toEqual({
      exit: 64,
      out: "",
      err: "no run is on record yet\n  → `runbook run` makes the first; --state names another place\n",
    });
    await Promise.all([shop.run(...run), shop.run(...run)]);
    const missing = await shop.run("history", "show", "nope");
    expect(missing).toEqual({
      exit: 64,
      out: "",
      err: "no run `nope` is on record\n  → `runbook history` lists them\n",
    });
    const both = await shop.run("history", "show", "2");
    expect(both).toEqual({
      exit: 64,
      out: "",
      err: expect.stringMatching(/^`2` begins 2 runs\n {2}→ write more of it: \d/),
    });
  });

  test("two runs at once keep their records apart", async () => {
    await using shop = await localJob(sweep(), {
      hosts: ["a", "b", "c"],
      files: { "a/x.bad": "", "b/x.bad": "", "c/x.bad": "" },
    });
    const both = await Promise.all([
      shop.run(...run, "-y", "--json", "-l", "a,b", "--wait-lock"),
      shop.run(...run, "-y", "--json", "-l", "c", "--wait-lock"),
    ]);
    expect(both.map(({ exit, out }) => ({ exit, verdicts: verdictsOf(out) }))).toEqual([
      { exit: 0, verdicts: { "a sweep": "fixed", "b sweep": "fixed" } },
      { exit: 0, verdicts: { "c sweep": "fixed" } },
    ]);
    const records = (await shop.run("history", "--json")).out
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { run: string }).run);
    for (const record of records) {
      const shown = (await shop.run("history", "show", record, "--json")).out;
      expect(both.map(({ out }) => out)).toContain(shown);
    }
  });
});

describe("a record that cannot be written", () => {
  test("a place that cannot be is named, and nothing is done", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "", file: "" } });
    for (const place of ["file", "file/below", "/proc/none/x"]) {
      const { exit, out, err } = await shop.run(...run, "-y", "--state", place);
      expect({ exit, out }).toEqual({ exit: 64, out: "" });
      expect(err).toMatch(
        new RegExp(
          `${place}.*: the record of runs cannot be used: .*\n {2}→ free the disk or mend its rights, or name another place with --state DIR\n`,
        ),
      );
      expect((await shop.run("history", "--state", place)).exit).toBe(64);
    }
    expect(await readdir(join(shop.directory, "a"))).toContain("x.bad");
  });

  test("a disk that is full before the run is a mistake in where the record is, not a failed run", async () => {
    await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
    const state = join(shop.directory, "state");
    await mkdir(state);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", state]);
    try {
      await shop.run("history", "--state", state);
      execFileSync("sh", ["-c", 'cat /dev/zero >"$0/fill" 2>/dev/null || true', state]);
      const { exit, out, err } = await shop.run(...run, "-y", "--state", state);
      expect({ exit, out }).toEqual({ exit: 64, out: "" });
      expect(err).toMatch(/runbook\.db: the record of runs cannot be used: .*\n {2}→ free the disk/);
      expect(await readdir(join(shop.directory, "a"))).toContain("x.bad");
    } finally {
      execFileSync("umount", [state]);
    }
  });

  test("a disk that fills up during the run stops it: nothing is fixed after it", async () => {
    // The fix of the first finding fills the record's own disk; needs root, as the practice hosts do.
    const step = sweep().replace(
      `rm -- "$dir/$file"`,
      `rm -- "$dir/$file"; cat /dev/zero >"$dir/../state/fill" 2>/dev/null || true`,
    );
    await using shop = await localJob(step, { files: { "a/1.bad": "", "a/2.bad": "", "a/3.bad": "" } });
    const state = join(shop.directory, "state");
    await mkdir(state);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", state]);
    try {
      await writeFile(join(state, "some"), Buffer.alloc(100_000));
      const { exit, err } = await shop.run(...run, "-y", "--state", state);
      expect(exit).toBe(1);
      expect(err).toMatch(
        /runbook\.db: the record of runs cannot be used: database or disk is full\n {2}→ free the disk/,
      );
      expect(err).toContain(
        "fixes had begun, and how they ended is not on record: a (sweep) ended well, and was not verified\n  → look at these hosts first; `runbook resume ",
      );
      expect(await readdir(join(shop.directory, "a"))).toEqual(["2.bad", "3.bad", "here"]);
    } finally {
      execFileSync("umount", [state]);
    }
  });
});
