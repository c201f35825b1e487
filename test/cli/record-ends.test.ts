import { expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";

const run = ["run", "job", "-i", "hosts.yml"] as const;
const SLOW = sweep().replace(
  `rm -- "$dir/$file"`,
  `echo saved >"$keep/file"; n=0; until [ -e "$dir/go" ] || [ $n -gt 200 ]; do sleep 0.1; n=$((n + 1)); done`,
);

test("a run at work, one that died and one that ended are told apart, and the dead one says what to do", async () => {
  await using shop = await localJob(SLOW, { files: { "a/x.bad": "" } });
  const { child, seen, ended } = shop.start(...run, "-y");
  await seen("fixing");
  const list = async (): Promise<string | undefined> =>
    (await shop.run("history")).out.split("\n")[1]?.split(/ {2,}/).at(-1);
  const standing = async (): Promise<string> =>
    (JSON.parse((await shop.run("history", "--json")).out) as { standing: string }).standing;

  expect(await list()).toBe(`running (pid ${child.pid})`);
  expect(await standing()).toBe("running");
  const live = (await shop.run("history", "show", "last")).out;
  expect(live).toContain(`This run is still at work, as process ${child.pid}.`);
  expect(live).not.toContain("in doubt: look at");

  child.kill("SIGKILL");
  await ended;
  expect(await list()).toBe("died");
  expect(await standing()).toBe("died");
  const dead = (await shop.run("history", "show", "last")).out;
  expect(dead).toMatch(/^≈ job · 1 host · not ended · /m);
  expect(dead).toContain("in doubt: look at a first, a fix may still be at work there");
  expect(dead).toMatch(/kept by the fixes: \/run\/runbook-keep-.*, if anything$/m);
  expect(dead).toContain(`This run did not get to its end: its process (${child.pid}) is gone.`);
  // What it left at work may end.
  await shop.write("a/go", "");
});

test("lines go whole into a pipe", async () => {
  const long = "y".repeat(300);
  const step = `  - id: report
    detect: { run: 'echo ${long}' }
`;
  await using shop = await localJob(step);
  await shop.run(...run);
  expect((await shop.run("history", "show", "last")).out).toContain(long);
});
