import { describe, expect, test } from "vitest";
import { entriesOf, localJob, sweep } from "../kit/shelf.ts";

describe("run --quiet", () => {
  test("says nothing where all is clear, and all of it where something was found", async () => {
    await using shop = await localJob(sweep(), { hosts: ["a", "b"] });
    const argv = ["run", "job", "-i", "hosts.yml", "--quiet"];
    expect(await shop.run(...argv)).toEqual({ exit: 0, out: "", err: "" });
    await shop.write("a/x.bad", "");
    const { exit, out } = await shop.run(...argv);
    const loud = await shop.run("run", "job", "-i", "hosts.yml");
    expect([exit, loud.exit]).toEqual([3, 3]);
    expect(out.split("\n")[0]).toBe(loud.out.split("\n")[0]);
    expect(out).toContain("./x.bad");
    expect(out).toMatch(/^ {2}head [0-9a-f]{64}$/m);
  });

  test("so does --no-tui where nobody looks on, but for a dry run", async () => {
    await using shop = await localJob(sweep());
    const argv = ["run", "job", "-i", "hosts.yml", "--no-tui", "--approve", "low"];
    expect(await shop.run(...argv)).toEqual({ exit: 0, out: "", err: "" });
    expect((await shop.run(...argv, "--dry-run")).out).toContain("1 clear");
    await shop.write("a/x.bad", "");
    expect(await shop.run(...argv)).toMatchObject({ exit: 0, out: expect.stringContaining("1 fixed") });
  });

  test("tells what was fixed, what could not be told, and what was not reached", async () => {
    await using shop = await localJob(sweep());
    await shop.write("a/x.bad", "");
    const fixed = await shop.run("run", "job", "-i", "hosts.yml", "--quiet", "--approve", "low");
    expect([fixed.exit, fixed.out]).toEqual([0, expect.stringContaining("1 fixed")]);
    await shop.write("bad.yml", "all: { vars: { ansible_connection: local, dir: /nowhere }, hosts: { a: } }\n");
    const unknown = await shop.run("run", "job", "-i", "bad.yml", "--quiet");
    expect([unknown.exit, unknown.out]).toEqual([4, expect.stringContaining("1 unknown")]);
  });

  test("leaves the events on stdout alone", async () => {
    await using shop = await localJob(sweep());
    const { out, err } = await shop.run("run", "job", "-i", "hosts.yml", "--quiet", "--json");
    expect(entriesOf(out).at(-1)?.event.type).toBe("run-ended");
    expect(err).toBe("");
  });
});

test("check --quiet says nothing where all is clear, also where only severe findings are to count", async () => {
  await using shop = await localJob(sweep());
  const argv = ["check", "job", "-i", "hosts.yml", "--quiet"];
  expect(await shop.run(...argv)).toEqual({ exit: 0, out: "", err: "" });
  expect((await shop.run(...argv, "--json")).out).toContain('"score"');
  await shop.write("a/x.bad", "");
  expect(await shop.run(...argv)).toMatchObject({ exit: 2, out: expect.stringContaining("x.bad") });
  const lenient = await shop.run(...argv, "--fail-on", "critical");
  expect([lenient.exit, lenient.out]).toEqual([0, expect.stringContaining("x.bad")]);
});
