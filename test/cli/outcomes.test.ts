import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostsOf, localJob, verdictsOf } from "../kit/shelf.ts";
import type { Workshop } from "../kit/workshop.ts";

/** What each host does is its name. */
const STEP = `  - id: step
    applies: |
      [ "$host_name" != skipped ] || { echo "not this one"; exit 1; }
    detect:
      run: |
        case $host_name in
          clear) exit 0 ;;
          unknown) echo "no such disk" >&2; exit 7 ;;
          mute) echo "permission denied" >&2; exit 0 ;;
          fixed) [ ! -e "$dir/done" ] || exit 0 ;;
        esac
        echo bad
    fix:
      risk: low
      run: |
        case $host_name in
          failed) echo "cannot do it" >&2; exit 5 ;;
          in-doubt) sleep 8 ;;
        esac
        echo done >"$dir/done"
      timeout: 1s
    verify: { within: 300ms, every: 100ms }
    rollback: { run: '[ "$host_name" != failed ] || exit 9' }
  - id: ask
    independent: true
    applies: '[ "$host_name" = waiting ] || { echo "no question"; exit 1; }'
    detect: { run: echo bad }
    fix: { risk: high, run: "true" }
`;
const HOSTS = ["clear", "unknown", "mute", "fixed", "failed", "rolled-back", "in-doubt", "skipped", "waiting", "gone"];

describe("each outcome and its exit code", () => {
  let shop: Workshop;
  beforeAll(async () => {
    const top =
      "inputs: { dir: { type: string } }\nrollout: { batches: [100%], max_failures: 99, max_unknown: 100% }\n";
    shop = await localJob(STEP, { hosts: HOSTS.filter((host) => host !== "gone"), top });
    // A port where nobody listens: a host that cannot be reached.
    await shop.write(
      "gone.yml",
      "all: { hosts: { gone: { ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, dir: / } } }\n",
    );
  });
  afterAll(() => shop[Symbol.asyncDispose]());
  const run = (limit: string, ...more: string[]) =>
    shop.run("run", "job", "-i", "hosts.yml", "-i", "gone.yml", "--hosts", limit, "--json", ...more);

  test("all at once: every host has its own, with its reason, and the worst decides", async () => {
    const { exit, out } = await run("all:!waiting:!in-doubt", "--approve", "low");
    expect(exit).toBe(1);
    expect(hostsOf(out)).toEqual({
      clear: "clear",
      unknown: "unknown",
      mute: "unknown",
      fixed: "fixed",
      failed: "failed",
      "rolled-back": "rolled-back",
      skipped: "skipped",
      gone: "unknown",
    });
    const verdicts = verdictsOf(out);
    expect(verdicts["unknown step"]).toBe("unknown: detect exited 7: no such disk");
    expect(verdicts["mute step"]).toMatch(/^unknown: .*permission denied/);
    expect(verdicts["failed step"]).toMatch(/^failed: the fix exited 5: cannot do it.*rollback exited 9/);
    expect(verdicts["rolled-back step"]).toBe("rolled-back: it is still there");
    expect(verdicts["skipped step"]).toBe("skipped: not this one");
    expect(verdicts["gone step"]).toContain("127.0.0.1");
  });

  test.each([
    ["clear,skipped", 0],
    ["unknown", 4],
    ["mute,clear", 4],
    ["gone", 4],
    ["unknown,failed", 2],
    ["waiting,unknown", 3],
  ])("%s, without an approval: exit %i", async (hosts, exit) => {
    // Nothing may ask here, except where the question is the point.
    const wish = exit === 3 ? [] : ["-n"];
    expect((await run(hosts, ...wish)).exit).toBe(exit);
  });

  test("failed wins over waiting", async () => {
    expect((await run("failed,waiting", "--approve", "low")).exit).toBe(1);
  });

  test("a fix that is left running is in doubt, which wins over found; while it runs, no other run fixes there", async () => {
    const { exit, out } = await run("in-doubt,rolled-back", "--approve", "low", "--step", "step");
    expect(exit).toBe(1);
    const reason = "in-doubt: the fix was still running after 1 s and was left alone";
    expect(verdictsOf(out)).toMatchObject({ "in-doubt step": reason });
    const other = await run("rolled-back", "--approve", "low", "--step", "step");
    expect(other.exit).toBe(4);
    expect(verdictsOf(other.out)["rolled-back step"]).toMatch(
      /^unknown: locked by .*@.* since .* UTC \(run .*, as root there\)/,
    );
  });
});

test("a host that waits is not asked on a pipe: the card is printed with what to do", async () => {
  await using shop = await localJob(
    `  - id: reload
    detect: { run: "echo stale", findings: { what: string } }
    fix: { risk: high, summary: Load it again, run: 'echo "$what"' }
`,
    { hosts: ["a", "b"] },
  );
  const { exit, out, err } = await shop.run("run", "job", "-i", "hosts.yml", "-y");
  expect({ exit, err }).toEqual({ exit: 3, err: "" });
  expect(out).toMatch(/^a {2}reload {2}waiting +card [0-9a-f]{12}: 1 finding: stale$/m);
  expect(out).toContain("  2 waiting\n");
  expect(out).toMatch(
    /waiting: to see the cards, to decide, and to go on:\n {4}runbook approvals .*\n {4}runbook approve .*\n {4}runbook resume /,
  );
});
