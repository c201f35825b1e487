import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assemble, dropKeepScript, keepScript } from "../../../src/script/posix.ts";

const PLACES = ["/run", "/dev/shm", "/var/tmp", "/tmp"];
const shells = ["dash", "bash --norc", "busybox sh"];

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs a script under `set -eu` from stdin; `before` runs first in the same mount namespace. */
function run(shell: readonly string[], script: string, before = ":"): Ran {
  const args = ["-m", "--propagation", "private", "sh", "-ec", `${before}\nexec "$@"`, "sh", ...shell];
  const ran = spawnSync("unshare", args, { input: `set -eu\n${script}\n`, encoding: "latin1" });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

const unique = (): string => `rb-test-${randomBytes(8).toString("hex")}`;
const there = (name: string): readonly string[] => PLACES.filter((place) => existsSync(`${place}/${name}`));
const nothing = { variables: new Map<string, string>(), functions: "", files: new Map<string, Uint8Array>() };

describe.each(shells)("the run's private directory in %s", (command) => {
  const shell = command.split(" ");

  it("is made once, found again, private, and removed", () => {
    const name = unique();
    const look = `${keepScript(name)}\necho "$keep"; echo more >>"$keep/file"; cat "$keep/file"`;
    const first = run(shell, look);
    expect(first).toEqual({ code: 0, out: `/run/${name}\nmore\n`, err: "" });
    expect(statSync(`/run/${name}`).mode & 0o777).toBe(0o700);
    expect(run(shell, look).out).toBe(`/run/${name}\nmore\nmore\n`);
    expect(run(shell, dropKeepScript(name))).toEqual({ code: 0, out: "", err: "" });
    expect(there(name)).toEqual([]);
  });

  it("is found in a later place, even when an earlier one can be written to by then", () => {
    const name = unique();
    mkdirSync(`/var/tmp/${name}`, { mode: 0o700 });
    expect(run(shell, `${keepScript(name)}\necho "$keep"`).out).toBe(`/var/tmp/${name}\n`);
    run(shell, dropKeepScript(name));
    expect(there(name)).toEqual([]);
  });

  it("goes where there is room, when a file system takes directories but no more bytes", () => {
    const name = unique();
    const full = "mount -t tmpfs -o size=16k tmpfs /run; cat /dev/zero >/run/full 2>/dev/null || :";
    expect(run(shell, `${keepScript(name)}\necho "$keep"; ls /run`, full).out).toBe(`/dev/shm/${name}\nfull\n`);
    run(shell, dropKeepScript(name));
  });

  it("is not taken from somebody else, nor through a link", () => {
    const name = unique();
    mkdirSync(`/tmp/${name}`, { mode: 0o777 });
    expect(run(shell, `${keepScript(name)}\necho reached`)).toMatchObject({ code: 1, out: "" });
    rmSync(`/tmp/${name}`, { recursive: true });
    mkdirSync(`/tmp/${name}`, { mode: 0o700 });
    execFileSync("chown", ["nobody", `/tmp/${name}`]);
    expect(run(shell, `${keepScript(name)}\necho reached`)).toMatchObject({ code: 1, out: "" });
    run(shell, dropKeepScript(name));
    expect(there(name)).toEqual(["/tmp"]);
    rmSync(`/tmp/${name}`, { recursive: true });
    symlinkSync("/etc", `/tmp/${name}`);
    expect(run(shell, `${keepScript(name)}\necho reached`)).toMatchObject({ code: 1, out: "" });
    rmSync(`/tmp/${name}`);
  });

  it("is on a disk where it must outlast a boot, and says so where there is none", () => {
    const name = unique();
    const look = `${keepScript(name, true)}\necho "$keep"; echo more >>"$keep/file"; cat "$keep/file"`;
    expect(run(shell, look)).toEqual({ code: 0, out: `/var/lib/${name}\nmore\n`, err: "" });
    expect(statSync(`/var/lib/${name}`).mode & 0o777).toBe(0o700);
    expect(run(shell, look).out).toBe(`/var/lib/${name}\nmore\nmore\n`);
    expect(run(shell, dropKeepScript(name))).toEqual({ code: 0, out: "", err: "" });
    expect(existsSync(`/var/lib/${name}`)).toBe(false);
    const inMemory = "mount -t tmpfs tmpfs /var/lib";
    expect(run(shell, `${look}; rm -r "$keep"`, inMemory).out).toBe(`/var/tmp/${name}\nmore\n`);
    const ran = run(shell, look, `${inMemory}; mount -t tmpfs tmpfs /var; mkdir /var/lib /var/tmp`);
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain("no disk of this host has a place for the run's private directory");
  });

  it("says so when there is no place at all", () => {
    const name = unique();
    const full = PLACES.map(
      (place) => `mount -t tmpfs -o size=16k tmpfs ${place}; cat /dev/zero >${place}/full 2>/dev/null || :`,
    );
    const ran = run(shell, `${keepScript(name)}\necho reached`, full.join("\n"));
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain("no place on this host");
  });
});

describe.each(shells)("files sent with a script in %s", (command) => {
  const shell = command.split(" ");

  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  const files = new Map([
    ["all bytes", Buffer.concat([all, all, Buffer.from("%s\\n'\"-e"), Buffer.alloc(5000, "long")])],
    ["-n", Buffer.from("-n begins with a dash\n")],
    ["empty", new Uint8Array()],
  ]);

  it("are there byte for byte while it runs, whatever it does, and gone after", () => {
    const filesName = unique();
    const body = `trap 'echo own trap' EXIT; cat "$files/all bytes" ./$(basename "$files") 2>/dev/null || cd "$files"; cat ./-n >&2; ls; exit 5`;
    const ran = run(shell, assemble({ ...nothing, files, filesName, body }));
    expect(ran.code).toBe(5);
    expect(
      Buffer.from(ran.out, "latin1")
        .subarray(0, 5520)
        .equals(files.get("all bytes") ?? Buffer.alloc(0)),
    ).toBe(true);
    expect(ran.out.endsWith("-n\nall bytes\nempty\nown trap\n")).toBe(true);
    expect(ran.err).toBe("-n begins with a dash\n");
    expect(there(filesName)).toEqual([]);
  });

  it("go to the next place when one is full halfway, and leave nothing in the first", () => {
    const filesName = unique();
    const full = "mount -t tmpfs -o size=4k tmpfs /run";
    const parts = { ...nothing, files, filesName, body: 'echo "$files"; ls /run; wc -c <"$files/all bytes"' };
    expect(run(shell, assemble(parts), full).out.replaceAll(" ", "")).toBe(`/dev/shm/${filesName}\n5520\n`);
  });

  it("keep -e and the exit code of the script", () => {
    const parts = { ...nothing, files, filesName: unique(), body: "false; echo reached" };
    expect(run(shell, assemble(parts))).toMatchObject({ code: 1, out: "" });
  });
});

describe("assembling", () => {
  it("puts variables, the private directory and functions before the body", () => {
    const name = unique();
    const variables = new Map([["who", "it's me"]]);
    const text = assemble({
      ...nothing,
      variables,
      functions: 'hello() { echo "hello $who in $keep"; }',
      keepName: name,
      body: "hello",
    });
    expect(run(["dash"], text).out).toBe(`hello it's me in /run/${name}\n`);
    run(["dash"], dropKeepScript(name));
    expect(run(["dash"], assemble({ ...nothing, body: "echo ok" })).out).toBe("ok\n");
  });
});
