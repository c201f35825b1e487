import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, verdictsOf } from "../kit/shelf.ts";
import { allProcesses } from "../kit/processes.ts";
import type { Workshop } from "../kit/workshop.ts";

const run = ["run", "job", "-i", "hosts.yml", "--json"] as const;
/** Shell text that starts two processes which end by themselves in a minute, and notes their ids. */
const HANG = `sleep 61 & echo $! >>"$dir/pids"; sleep 62 & echo $! >>"$dir/pids"; wait`;

/** Those of the noted processes that still run. */
async function alive(shop: Workshop): Promise<number[]> {
  const noted = (await readFile(join(shop.directory, "a/pids"), "utf8")).trim().split("\n").map(Number);
  expect(noted.length).toBeGreaterThan(1);
  const running = new Set(allProcesses().map((process) => process.pid));
  return noted.filter((pid) => running.has(pid));
}

describe("a script that takes too long", () => {
  test("a look: unknown, and its processes are gone; the next step looks all the same", async () => {
    await using shop = await localJob(`  - id: hang
    detect: { run: ${JSON.stringify(HANG)}, timeout: 500ms }
  - id: next
    detect: { run: echo bad }
`);
    const { exit, out } = await shop.run(...run);
    expect({ exit, verdicts: verdictsOf(out) }).toEqual({
      exit: 2,
      verdicts: {
        "a hang": expect.stringMatching(/^unknown: detect took longer than \d+ s$/),
        "a next": expect.any(String),
      },
    });
    expect(verdictsOf(out)["a next"]).toBe("found: there is no fix for it");
    expect(await alive(shop)).toEqual([]);
  });

  test("a fix that may be ended: its processes are gone, and it is rolled back", async () => {
    await using shop = await localJob(`  - id: hang
    detect: { run: echo bad }
    fix: { risk: low, run: ${JSON.stringify(HANG)}, timeout: 1s, on_timeout: kill }
    rollback: { run: 'touch "$dir/undone"' }
`);
    const { exit, out } = await shop.run(...run, "-y");
    expect(exit).toBe(1);
    expect(verdictsOf(out)["a hang"]).toMatch(/^rolled-back: the fix was ended after 1 s/);
    expect(await alive(shop)).toEqual([]);
    await readFile(join(shop.directory, "a/undone"));
  });

  test("a fix that is left alone: in doubt, still at work, and never rolled back meanwhile", async () => {
    await using shop = await localJob(`  - id: hang
    detect: { run: echo bad }
    fix: { risk: low, run: ${JSON.stringify(HANG)}, timeout: 1s }
    rollback: { run: 'touch "$dir/undone"' }
`);
    const { exit, out } = await shop.run(...run, "-y");
    expect({ exit, verdicts: verdictsOf(out) }).toEqual({
      exit: 1,
      verdicts: { "a hang": "in-doubt: the fix was still running after 1 s and was left alone" },
    });
    const left = await alive(shop);
    for (const pid of left) process.kill(pid, "SIGKILL");
    expect(left).toHaveLength(2);
    await expect(readFile(join(shop.directory, "a/undone"))).rejects.toThrow("ENOENT");
  });

  test("a fix that is left alone and ends later is followed by its run, and proved", async () => {
    await using shop = await localJob(`  - id: slow
    detect: { run: '[ -e "$dir/done" ] || echo bad' }
    fix:
      risk: low
      timeout: 5s
      run: 'echo begun >>"$dir/count"; while [ ! -e "$dir/go" ]; do sleep 0.1; done; touch "$dir/done"'
`);
    const { seen, ended } = shop.start(...run, "-y");
    await seen('"reason":"the fix was still running after 5 s and was left alone","until":');
    await shop.write("a/go", "");
    const { exit, out } = await ended;
    expect({ exit, verdicts: verdictsOf(out) }).toEqual({ exit: 0, verdicts: { "a slow": "fixed" } });
    expect(await readFile(join(shop.directory, "a/count"), "utf8")).toBe("begun\n");
  });
});

/** A step that is mended by a file, and proven so. */
const step = (id: string, verify: string): string => `  - id: ${id}
    independent: true
    detect: { run: '[ -e "$dir/${id}" ] || echo bad' }
    fix: { risk: low, run: 'touch "$dir/${id}"' }
    verify: ${verify}
    rollback: { run: 'rm "$dir/${id}"' }
`;

test("what is proven only by a second script, and what is not proven, ends so", async () => {
  const top = "inputs: { dir: { type: string } }\nrollout: { max_failures: 9 }\n";
  const steps = [
    step("good", `{ run: "true", within: 1s, every: 100ms, stable_for: 100ms }`),
    step("bad", `{ run: 'echo "no answer on 80" >&2; exit 7', within: 300ms, every: 100ms }`),
    step("off", "false"),
  ];
  await using shop = await localJob(steps.join(""), { top });
  const { exit, out } = await shop.run(...run, "-y");
  expect({ exit, verdicts: verdictsOf(out) }).toEqual({
    exit: 1,
    verdicts: {
      "a good": "fixed",
      "a bad": "rolled-back: verify exited 7: no answer on 80",
      "a off": expect.stringMatching(/^fixed/),
    },
  });
});
