import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { requestFileOf } from "../../src/cli/exchange.ts";
import { fold } from "../../src/engine/evolve.ts";
import { DecisionFile, readRequestFile } from "../../src/language/exchange.ts";
import { storedRunbook } from "../../src/language/runbook/stored.ts";
import type { Entry, Event, EventOf } from "../../src/model/event.ts";
import type { RunPlan, StepPlan } from "../../src/model/plan.ts";
import { isFault } from "../../src/model/fault.ts";
import { questionsOf, waitingCards } from "../../src/view/questions.ts";
import { keyBox, type KeyBox, type TestKey } from "../kit/keys.ts";
import { localJob, sweep } from "../kit/shelf.ts";
import { cardOn, decideHere } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

let box: KeyBox;
let bob: TestKey;
beforeEach(() => {
  box = keyBox();
  bob = box.make("bob");
});
afterEach(() => box[Symbol.dispose]());

const TOP = "inputs: { dir: { type: string } }\nfunctions: lib.sh\nfiles: [tool]\n";

/** A run that waits for a signed yes, of a runbook that sends a file along, and what waits in it as a file. */
async function exported(): Promise<Workshop> {
  const signers = box.write("signers", `bob@example.org ${bob.line}`);
  const policy = box.write("policy.yml", `allowed_signers: ${signers}`, "rules:", "  - { approve: ask, signed: true }");
  const files = { "a/x.bad": "", "runbooks/lib.sh": "greet() { :; }\n", "runbooks/tool": "a tool" };
  const shop = await localJob(sweep(), { top: TOP, files });
  expect((await shop.run("run", "job", "-i", "hosts.yml", "--policy", policy)).exit).toBe(3);
  expect((await shop.run("approvals", "last", "--export", "requests.json")).exit).toBe(0);
  return shop;
}

type Change = <E extends Event>(event: E) => E;

/** The file again as our own command would make it of a record that tells other things. */
async function forge(file: string, change: Change): Promise<void> {
  const before = readRequestFile(await readFile(file, "utf8"), file);
  if (isFault(before)) throw new Error(before.message);
  const entries = before.entries.map((entry): Entry => ({ ...entry, event: change(entry.event) }));
  const state = fold(entries);
  if (state === null) throw new Error("no run is left");
  const loaded = storedRunbook(state.plan);
  const waiting = {
    state,
    loaded,
    questions: questionsOf(state, waitingCards(state), loaded),
    holder: null,
    daemon: null,
  };
  const forged = requestFileOf({ ...waiting, alsoIn: new Map() }, entries, before.exportedAt);
  await writeFile(file, JSON.stringify(forged));
}

const onPlan =
  (change: (plan: RunPlan) => Partial<RunPlan>): Change =>
  (event) =>
    event.type === "run-started" ? { ...event, plan: { ...event.plan, ...change(event.plan) } } : event;

const onStep = (change: (step: StepPlan) => Partial<StepPlan>): Change =>
  onPlan(({ steps }) => ({ steps: steps.map((step) => ({ ...step, ...change(step) })) }));

const onSource = (change: (source: NonNullable<RunPlan["source"]>) => Partial<RunPlan["source"]>): Change =>
  onPlan(({ source }) => (source === undefined ? {} : { source: { ...source, ...change(source) } }));

const onLook =
  (change: (event: EventOf<"detected">) => Partial<EventOf<"detected">>): Change =>
  (event) =>
    event.type === "detected" ? { ...event, ...change(event) } : event;

describe("a file of requests that was made again from a record that lies", { timeout: 60_000 }, () => {
  test("shows nobody a card whose words are not those of its digest", async () => {
    await using shop = await exported();
    const file = join(shop.directory, "requests.json");
    const whole = await readFile(file, "utf8");
    const { digest } = await cardOn(shop, "a");
    const options = { digest: [digest], sign: bob.file, export: join(shop.directory, "decisions.json") };
    const refused = async (words: string, change: Change): Promise<void> => {
      await writeFile(file, whole);
      await forge(file, change);
      const said = await decideHere(shop, "approve", file, options);
      expect(said).toEqual({ exit: 65, said: expect.stringContaining(`the file was altered: ${words}`) });
      expect(existsSync(options.export)).toBe(false);
    };

    const cells = onLook(({ findings }) => ({
      findings: findings.map((finding) => ({ ...finding, values: { file: "./harmless" } })),
    }));
    await refused("a finding of sweep on a shows other values than those it is known by", cells);
    const step = "what it says of sweep is not what the runbook says";
    await refused(
      step,
      onStep(({ fix }) => ({ fix: fix && { ...fix, summary: "only looks" } })),
    );
    await refused(
      step,
      onStep(({ fix }) => ({ fix: fix && { ...fix, kind: "manual" } })),
    );
    await refused(
      step,
      onStep(() => ({ title: "Look at it" })),
    );
    await refused(
      step,
      onStep(() => ({ columns: [] })),
    );
    await refused(
      "what it says of the run is not what the runbook says",
      onPlan(({ runbook }) => ({ runbook: { ...runbook, title: "Only looks" } })),
    );
    const text = onSource((source) => ({ text: source.text.replace("rm --", "ls --") }));
    await refused("the runbook in it is not the one of its digest", text);
    const tool = onSource(() => ({ files: ["other"] }));
    await refused("the runbook in it is not the one of its digest", tool);
    const bare = onSource(() => ({ contents: undefined }));
    await refused("the runbook in it is not the one of its digest", bare);

    await writeFile(file, whole);
    expect(await decideHere(shop, "approve", file, options)).toMatchObject({ exit: 0 });
  });

  test("whose policies make no sense is refused as altered, in words", async () => {
    await using shop = await exported();
    const file = join(shop.directory, "requests.json");
    const { digest } = await cardOn(shop, "a");
    const text = await readFile(file, "utf8");
    const window = '"when": [{ "days": [1, 2, 3, 4, 5, 6, 7], "from": 0, "to": 1439, "zone": "No/Where" }]';
    expect(text).toContain('"when": null');
    await writeFile(file, text.replaceAll('"when": null', window));
    const options = { digest: [digest], sign: bob.file, export: join(shop.directory, "decisions.json") };
    expect(await decideHere(shop, "approve", file, options)).toEqual({
      exit: 65,
      said: expect.stringContaining("the file was altered: its entries do not fit together"),
    });
  });
});

describe("a file of decisions", { timeout: 60_000 }, () => {
  test("says whole milliseconds: else one signature would make many decisions, each to be counted once", async () => {
    await using shop = await exported();
    const { digest } = await cardOn(shop, "a");
    const file = join(shop.directory, "decisions.json");
    const options = { digest: [digest], sign: bob.file, export: file };
    expect(await decideHere(shop, "approve", join(shop.directory, "requests.json"), options)).toMatchObject({
      exit: 0,
    });
    const signed = DecisionFile.parse(JSON.parse(await readFile(file, "utf8")));
    const at = signed.decisions[0]?.decidedAt ?? 0;
    for (const decidedAt of [at + 0.25, 1e300, -1, 8.7e15]) {
      const decisions = signed.decisions.map((decision) => ({ ...decision, decidedAt }));
      await writeFile(file, JSON.stringify({ ...signed, decisions }));
      expect(await decideHere(shop, "approve", "last", { import: file })).toEqual({
        exit: 65,
        said: expect.stringContaining("was changed or is not whole at decisions.0.decidedAt"),
      });
    }
    await writeFile(file, JSON.stringify(signed));
    expect(await decideHere(shop, "approve", "last", { import: file })).toMatchObject({ exit: 0 });
  });
});
