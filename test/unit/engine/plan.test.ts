import { describe, expect, test } from "vitest";
import { makePlan, type RunOptions } from "../../../src/engine/plan.ts";
import { missingInputs } from "../../../src/engine/values.ts";
import type { RunPlan } from "../../../src/model/plan.ts";
import type { Host } from "../../../src/model/inventory.ts";
import { Encrypted, Secret } from "../../../src/model/secret.ts";
import { loadedFrom } from "../../kit/story.ts";
import { hostNamed } from "../../kit/host.ts";

const OPTIONS: RunOptions = {
  inventory: "hosts.yml",
  inputs: new Map(),
  dryRun: false,
  approve: "none",
  attended: true,
  parallel: 50,
  by: "ada",
  only: [],
};

const STEPS = [
  { id: "one", detect: { run: "true" }, fix: { risk: "low", run: "true", summary: "mend it" } },
  {
    id: "two",
    title: "Second",
    detect: { run: "true", confirm: { times: 3 } },
    fix: { risk: "high", manual: "Go.\nLook." },
  },
  { id: "three", detect: { run: "true" } },
];

function runbook(inputs: object = {}, more: object = {}) {
  return loadedFrom({ name: "story", title: "A story", inputs, steps: STEPS, ...more });
}

function planOf(
  inputs: object,
  hosts: readonly Host[] = [hostNamed("a")],
  options: Partial<RunOptions> = {},
  more = {},
) {
  const made = makePlan(runbook(inputs, more), hosts, { ...OPTIONS, ...options });
  if ("faults" in made) throw new Error(JSON.stringify(made.faults));
  return made;
}

function faultsOf(inputs: object, hosts: readonly Host[], options: Partial<RunOptions> = {}): string[] {
  const made = makePlan(runbook(inputs), hosts, { ...OPTIONS, ...options });
  return "faults" in made ? made.faults.map((fault) => `${fault.where}: ${fault.message}`) : [];
}

describe("an input's value", () => {
  const inputs = { mount: { type: "string", default: "/" } };
  const given = new Map([["mount", "/given"]]);

  test("is the default, or the host's variable before it, or what the user gave before both", () => {
    expect(planOf(inputs).plan.inputs).toEqual({ mount: "/" });
    expect(planOf(inputs, [hostNamed("a", { mount: "/own" })]).plan.inputs).toEqual({ mount: "/own" });
    expect(planOf(inputs, [hostNamed("a", { mount: "/own" })], { inputs: given }).plan.inputs).toEqual({
      mount: "/given",
    });
  });

  test("that differs on a host is kept for that host", () => {
    const { plan, values } = planOf(inputs, [hostNamed("a"), hostNamed("b", { mount: "/own" }), hostNamed("c")]);
    expect(plan).toMatchObject({ inputs: { mount: "/" }, hostInputs: { b: { mount: "/own" } } });
    expect(["a", "b", "c"].map((host) => values.get(host)?.get("mount"))).toEqual(["/", "/own", "/"]);
  });

  test("is in the units that scripts read", () => {
    const typed = { wait: { type: "duration", default: "5m" }, size: { type: "bytes", default: "2GiB" } };
    expect(planOf(typed).plan.inputs).toEqual({ wait: "300", size: "2147483648" });
  });

  test("that is secret is in the plan as dots, and whole only for the scripts", () => {
    const secret = { token: { type: "string", secret: true } };
    const { plan, values } = planOf(secret, [hostNamed("a", { token: "host-own" })], {
      inputs: new Map([["token", new Secret("s3cret-word")]]),
    });
    expect(JSON.stringify(plan)).not.toMatch(/s3cret|host-own/);
    expect(plan.inputs).toEqual({ token: "••••••" });
    const value = values.get("a")?.get("token");
    expect(value instanceof Secret && value.reveal()).toBe("s3cret-word");
  });

  test("that was asked for is for the hosts that have none, and replaces nothing", () => {
    const secret = { token: { type: "string", secret: true } };
    const hosts = [hostNamed("a", { token: "a-own" }), hostNamed("b"), hostNamed("c", { token: null })];
    const { values } = planOf(secret, hosts, { asked: new Map([["token", new Secret("typed")]]) });
    const revealed = hosts.map(({ name }) => {
      const value = values.get(name)?.get("token");
      return value instanceof Secret ? value.reveal() : value;
    });
    expect(revealed).toEqual(["a-own", "typed", "typed"]);
    const { runbook: book } = runbook(secret);
    const missing = (on: readonly Host[], given = new Map<string, string>()): string[] =>
      missingInputs(book, on, given).map(([name]) => name);
    expect([missing(hosts), missing(hosts.slice(0, 1)), missing(hosts, new Map([["token", "x"]]))]).toEqual([
      ["token"],
      [],
      [],
    ]);
  });

  test("of a name that every object has is not taken from nowhere", () => {
    expect(faultsOf({ constructor: { type: "string" } }, [hostNamed("a")])).toEqual([
      "input constructor: a value is needed and none is given",
    ]);
  });
});

describe("mistakes are told all at once", () => {
  test("missing and unfit inputs", () => {
    const inputs = { count: { type: "integer", min: 1 }, mount: { type: "string" } };
    const options = {
      inputs: new Map([["count", "0"]]),
    };
    expect(faultsOf(inputs, [hostNamed("a"), hostNamed("b")], options)).toEqual([
      'input count: expected a whole number of at least 1, not "0"',
      "input mount: a value is needed and none is given",
    ]);
  });

  test("a host's own variable that does not fit names the host", () => {
    const inputs = { count: { type: "integer", default: 1 } };
    expect(faultsOf(inputs, [hostNamed("a"), hostNamed("b", { count: "many" })])).toEqual([
      'b: variable count: expected a whole number, not "many"',
    ]);
  });

  test("a host's variable that is a template is refused where it is needed, and only there", () => {
    const inputs = { path: { type: "string" } };
    const host = hostNamed("b", { path: "{{ base }}/x", other: "{{ y }}" });
    expect(faultsOf(inputs, [host])).toEqual([
      "b: variable path: the value is a template, and templates are not evaluated",
    ]);
    expect(faultsOf(inputs, [host], { inputs: new Map([["path", "/x"]]) })).toEqual([]);
  });

  test("what the inventory keeps secret is for secret inputs alone", () => {
    const host = hostNamed("b", {
      token: new Encrypted(() => ({ secret: new Secret("s3cret") })),
      pin: new Secret("1"),
    });
    expect(faultsOf({ token: { type: "string" }, pin: { type: "string" } }, [host])).toEqual([
      "b: variable token: the inventory keeps this value secret, and the input is none: it would be put on record",
      "b: variable pin: the inventory keeps this value secret, and the input is none: it would be put on record",
    ]);
    const secret = { token: { type: "string", secret: true }, pin: { type: "string", secret: true } };
    expect(faultsOf(secret, [host])).toEqual([]);
    const locked = hostNamed("b", { token: new Encrypted(() => ({ problem: "no password", hint: "" })), pin: "1" });
    expect(faultsOf(secret, [locked])).toEqual(["b: variable token: no password"]);
  });

  test("the text of a secret is not in its fault", () => {
    const inputs = { pin: { type: "integer", secret: true } };
    const faults = faultsOf(inputs, [hostNamed("a")], { inputs: new Map([["pin", new Secret("s3cret")]]) });
    expect(faults).toEqual(["input pin: expected a whole number"]);
  });
});

function stepsOf(options: Partial<RunOptions>, more = {}): RunPlan["steps"] {
  return planOf({}, [hostNamed("a")], options, more).plan.steps;
}

describe("the frame of a run", () => {
  test("has every default filled in", () => {
    expect(planOf({}).plan).toMatchObject({
      runbook: { name: "story", path: "runbooks/story.yml" },
      hosts: ["a"],
      applies: false,
      facts: [],
      rollout: { batches: [1, "10%", "100%"], maxFailures: 1, maxUnknown: "10%" },
    });
    expect(stepsOf({})[0]).toEqual({
      id: "one",
      title: "one",
      severity: "warning",
      independent: false,
      applies: false,
      columns: [{ name: "message", type: "string", private: false, key: true }],
      confirm: { times: 1, every: 10 },
      fresh: 60,
      expires: 3600,
      on: "host",
      fix: {
        kind: "run",
        risk: "low",
        summary: "mend it",
        per: "finding",
        preview: false,
        guard: false,
        verify: true,
        rollback: false,
        selected: true,
        oncePer: null,
        keeps: false,
      },
    });
  });

  test("says how findings read and what identifies them, for those who have only the record", () => {
    const findings = { pid: "integer", size: "bytes", owner: { type: "string", private: true } };
    const steps = [{ id: "one", detect: { run: "true", findings, key: ["pid"] } }];
    expect(stepsOf({}, { steps })[0]?.columns).toEqual([
      { name: "pid", type: "integer", private: false, key: true },
      { name: "size", type: "bytes", private: false, key: false },
      { name: "owner", type: "string", private: true, key: false },
    ]);
  });

  test("a fix for a person is summed up by its first line", () => {
    expect(stepsOf({})[1]).toMatchObject({
      title: "Second",
      confirm: { times: 3 },
      fix: { kind: "manual", summary: "Go." },
    });
  });

  test("--step leaves the other steps to be looked at only", () => {
    expect(stepsOf({ only: ["two"] }).map((step) => step.fix?.selected)).toEqual([false, true, undefined]);
  });

  test("evidence is fresh for a second at least: else a fix would wait for ever for a look that is new enough", () => {
    expect(stepsOf({}, { fresh: "0s" }).map((step) => step.fresh)).toEqual([1, 1, 1]);
    expect(stepsOf({}, { fresh: "5m" }).map((step) => step.fresh)).toEqual([300, 300, 300]);
  });
});

test.each([
  [{ fix: { risk: "low", run: 'cp a "$keep/a"' } }, true],
  [{ fix: { risk: "low", run: "true" }, rollback: { run: 'cp "${keep}/a" a' } }, true],
  [{ fix: { risk: "low", run: "echo $keeper keep" } }, false],
  [{ fix: { risk: "low", run: "true" }, verify: false }, false],
])("a step keeps something where a script names the place: %j", (parts, keeps) => {
  const steps = [{ id: "one", detect: { run: 'ls "$keep"' }, ...parts }];
  expect(planOf({}, [hostNamed("a")], {}, { steps }).plan.steps[0]?.fix?.keeps).toBe(keeps);
});

function told(hosts: readonly Host[], more: object): readonly string[] {
  const made = makePlan(runbook({}, more), hosts, OPTIONS);
  return "faults" in made ? made.faults.map(({ message }) => message) : [];
}

describe("a runbook and hosts of another kind", () => {
  const windows: Host = { ...hostNamed("w1"), windows: "cmd" };
  const POWERSHELL = { shell: "powershell" };
  test("are kept apart before anything is done, by name", () => {
    expect(told([hostNamed("a"), windows], {})).toEqual(["w1 runs Windows, and the scripts of story are for sh"]);
    expect(told([hostNamed("a"), hostNamed("b"), windows], POWERSHELL)).toEqual([
      "a, b do not run Windows, and the scripts of story are for PowerShell",
    ]);
    expect(told([hostNamed("a")], {})).toEqual([]);
    expect(told([windows], POWERSHELL)).toEqual([]);
  });

  test("do not meet where nothing is sent to the hosts", () => {
    const steps = [{ id: "here", on: "controller", detect: { run: "true" } }];
    expect(told([hostNamed("a"), windows], { steps })).toEqual([]);
  });
});
