import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import type { Ended, Script } from "../../src/run/ports.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { type HungMount, hungMount } from "../kit/hung-mount.ts";
import { eventually, processesWith } from "../kit/processes.ts";
import { type SickHost, startSick } from "../kit/sick.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sick: SickHost;
let mount: HungMount;
beforeAll(async () => {
  sick = await startSick();
  await sick.inside.must("mkdir /hung");
  mount = await hungMount(sick.inside.pid, "/hung");
});
afterAll(async () => {
  await mount[Symbol.asyncDispose]();
  await sick[Symbol.asyncDispose]();
});

/** A look that waits in the kernel for a mount that does not answer. */
function look(name: string, over: Partial<Script> = {}): Script {
  return script(`echo begun; cat /hung/${name}`, { timeout: 0.5, look: name, ...over });
}

/** How many looks of this name there are, of which at most one may be. */
function lookers(name: string): number {
  return processesWith(`cat /hung/${name}`).filter(({ args }) => args === `cat /hung/${name}`).length;
}

function faultIn(ended: Ended): unknown {
  return ended.kind === "refused" ? ended.fault : null;
}

test("nothing is noted of a look as another user that ends well, though the sudo around it cannot be killed by that user", async () => {
  {
    await using host = await connected(plainSsh(), sick.host({ user: "root" }));
    expect(told(await host.run(script("sleep 2.2", { become: "nobody", look: "book.well" }))).end).toBe("exited 0");
  }
  await using host = await connected(plainSsh(), sick.host({ user: "root" }));
  const ended = await host.run(script("sleep 1; ls /dev/shm /run | grep well || :"));
  expect(told(ended)).toMatchObject({ end: "exited 0", stdout: "" });
});

describe("a look that hangs in the kernel", () => {
  it.concurrent.each([
    ["sh", {}],
    ["bash", { shell: "bash" }],
    ["sudo", { become: "root" }],
  ] as const)("is named, and none is started beside it, in this login or in another: %s", async (name, over) => {
    const user = name === "sudo" ? "trusted" : "root";
    {
      await using host = await connected(plainSsh(), sick.host({ user }));
      const ended = await host.run(look(`book.${name}`, over));
      expect(told(ended)).toMatchObject({ end: "timed-out not gone", stdout: "begun\n" });
      expect(ended).toMatchObject({ stuck: [{ pid: expect.any(Number), name: "cat", state: "D" }] });
      for (let again = 0; again < 3; again += 1) {
        const next = faultIn(await host.run(look(`book.${name}`, over)));
        expect(next).toMatchObject({
          kind: "hung",
          message: expect.stringMatching(/process \d+ \(cat\), which began \d+ s ago$/),
        });
      }
      expect(told(await host.run(script("echo other", { look: "book.other" }))).end).toBe("exited 0");
    }
    await using later = await connected(plainSsh(), sick.host({ user }));
    expect(faultIn(await later.run(look(`book.${name}`, over)))).toMatchObject({ kind: "hung" });
    expect(lookers(`book.${name}`)).toBe(1);
  });

  it.concurrent("is noted by its host alone where we are gone", async () => {
    {
      await using host = await connected(plainSsh(), sick.host());
      const run = host.run(look("book.alone", { text: "kill -0 $PPID; cat /hung/book.alone", timeout: 60 }));
      expect(await eventually(() => lookers("book.alone") === 1)).toBe(true);
      await host[Symbol.asyncDispose]();
      expect(told(await run).end).toMatch(/^lost|^exited 137/);
    }
    await using later = await connected(plainSsh(), sick.host());
    await sick.inside.must(
      "i=0; until ls /dev/shm/runbook-hung,book.alone,*; do i=$((i + 1)); [ $i -lt 100 ] || exit 1; sleep 0.2; done 2>/dev/null",
    );
    expect(faultIn(await later.run(look("book.alone")))).toMatchObject({ kind: "hung" });
    expect(lookers("book.alone")).toBe(1);
  });

  it("takes no note of a process for one that only has its number, nor one of somebody else's", async () => {
    await using host = await connected(plainSsh(), sick.host());
    await sick.inside.must(`: >/dev/shm/runbook-hung,book.old,1,99; chmod 777 /dev/shm
      read -r s </proc/1/stat; set -- \${s##*) }; f=/dev/shm/runbook-hung,book.theirs,1,\${20}; : >$f; chown trusted $f`);
    for (const name of ["book.old", "book.theirs"]) {
      expect(told(await host.run(script("echo begun; echo $#$-", { look: name }))).stdout).toMatch(/^begun\n0\w*e/);
    }
    expect((await sick.inside.run("ls /dev/shm/runbook-hung,book.old,1,99")).code).toBe(2);
  });

  it("is begun again once the earlier one has ended", async () => {
    await mount.release();
    await using host = await connected(plainSsh(), sick.host());
    expect(await eventually(() => lookers("book.sh") === 0)).toBe(true);
    const ended = told(await host.run(look("book.sh", { timeout: 60 })));
    expect(ended).toMatchObject({ end: "exited 1", stdout: "begun\n" });
    expect(ended.stderr).toContain("Transport endpoint is not connected");
  });
});
