import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { statementOf } from "../../src/engine/statement.ts";
import { signTexts } from "../../src/sign/signer.ts";
import { keyBox, type KeyBox, type TestKey } from "../kit/keys.ts";
import { sweep } from "../kit/shelf.ts";
import { cardOn, cardsOf, decideHere, waitingJob } from "../kit/waiting.ts";
import { workshop, type Ran, type Workshop } from "../kit/workshop.ts";

let box: KeyBox;
let ada: TestKey;
let bob: TestKey;
beforeEach(() => {
  box = keyBox();
  ada = box.make("ada");
  bob = box.make("bob");
});
afterEach(() => box[Symbol.dispose]());

/** A run that waits under a policy of one rule; ada and bob may sign. */
async function underPolicy(rule: string): Promise<Workshop> {
  box.write("signers", `ada@example.org ${ada.line}`, `bob@example.org ${bob.line}`);
  const policy = box.write("policy.yml", `allowed_signers: ${box.directory}/signers`, "rules:", `  - { ${rule} }`);
  return waitingJob(sweep(), ["--policy", policy]);
}

describe("four eyes", { timeout: 60_000 }, () => {
  test("two different keys are needed; one person is one person, however often they sign", async () => {
    await using shop = await underPolicy("approve: ask, approvers: 2");
    const { digest } = await cardOn(shop, "a");
    const approve = (...more: readonly string[]): Promise<Ran> =>
      shop.run("approve", "last", "--digest", digest, ...more);

    expect(await approve()).toMatchObject({ exit: 1, out: expect.stringContaining("it needs a signature") });
    expect(await approve("--sign", ada.file)).toMatchObject({
      exit: 0,
      out: "a: sweep: approved, and on record; it needs 1 more person\n",
    });
    expect((await cardsOf(shop)).find(({ host }) => host === "a")).toMatchObject({
      wants: { approvers: 2, signed: true, given: ["ada@example.org"] },
    });
    expect(await approve("--sign", ada.file)).toMatchObject({
      exit: 1,
      out: expect.stringContaining("ada@example.org has approved it already; it needs somebody else"),
    });
    expect(await approve("--sign", `${bob.file}.gone`)).toMatchObject({ exit: 64 });
    expect(await approve("--sign", bob.file)).toMatchObject({ exit: 0, out: "a: sweep: approved, and on record\n" });

    const { out } = await shop.run("history", "show", "last", "--events");
    expect(out).toContain(`signed by ada@example.org (${ada.fingerprint})`);
    expect(out).toContain(`signed by bob@example.org (${bob.fingerprint})`);
  });

  test("whoever started the run may not approve it, and a key that nobody knows is nobody's", async () => {
    await using shop = await underPolicy("approve: ask, signed: true, not_requester: true");
    const { digest } = await cardOn(shop, "a");
    const own = await shop.run("approve", "last", "--digest", digest, "--sign", ada.file);
    expect(own).toMatchObject({
      exit: 1,
      out: expect.stringContaining("root started the run, and the policy wants somebody else"),
    });
    const eve = box.make("eve");
    const unknown = await shop.run("deny", "last", "--digest", digest, "--reason", "no", "--sign", eve.file);
    expect(unknown).toMatchObject({
      exit: 1,
      out: expect.stringMatching(/not denied: its key \(SHA256:\S+\) is not in \S+signers/),
    });
    expect(await cardsOf(shop)).toHaveLength(2);
  });

  test("a signature that no policy can check is not recorded", async () => {
    await using shop = await waitingJob(sweep());
    const { digest } = await cardOn(shop, "a");
    const { exit, out } = await shop.run("approve", "last", "--digest", digest, "--sign", ada.file);
    expect(exit).toBe(1);
    expect(out).toContain("no policy of the run names a file of signers");
    expect(await cardsOf(shop)).toHaveLength(2);
  });
});

/** What stands at a place in JSON, such as `requests.0.card`. */
function at(content: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce((holder: unknown, key) => (isObject(holder) ? Reflect.get(holder, key) : undefined), content);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Puts something at a place in JSON; undefined takes away what is there. */
function put(path: string, change: (before: unknown) => unknown): (content: unknown) => unknown {
  return (content) => {
    const cut = path.lastIndexOf(".");
    const holder = cut < 0 ? content : at(content, path.slice(0, cut));
    if (!isObject(holder)) throw new Error(`there is no ${path}`);
    Reflect.set(holder, path.slice(cut + 1), change(at(content, path)));
    return content;
  };
}

/** Changes a JSON file as somebody would who is up to no good. */
async function alter(file: string, change: (content: unknown) => unknown): Promise<void> {
  await writeFile(file, JSON.stringify(change(JSON.parse(await readFile(file, "utf8")))));
}

/** Exports what waits, and lets bob decide on it at another place. */
async function decidedElsewhere(shop: Workshop, verdict: "approve" | "deny" = "approve"): Promise<string> {
  await shop.run("approvals", "last", "--export", "requests.json");
  await using elsewhere = await workshop({ "requests.json": await readFile(join(shop.directory, "requests.json")) });
  const { digest } = await cardOn(shop, "a");
  const argv = [verdict, "requests.json", "--digest", digest, "--sign", bob.file, "--reason", "seen"];
  const { exit, err } = await elsewhere.run(...argv, "--export", "decisions.json");
  expect({ exit, err }).toEqual({ exit: 0, err: expect.stringContaining("1 decision written to decisions.json") });
  const file = join(shop.directory, "decisions.json");
  await writeFile(file, await readFile(join(elsewhere.directory, "decisions.json")));
  return file;
}

describe("by files, for somebody without access to the record", { timeout: 90_000 }, () => {
  test("a request goes out, a signed decision comes back, and counts once", async () => {
    await using shop = await underPolicy("approve: ask, signed: true");
    const file = await decidedElsewhere(shop);
    expect(await shop.run("approve", "last", "--import", file)).toMatchObject({
      exit: 0,
      out: "a: sweep: approved, and on record\n",
    });
    const again = await shop.run("approve", "last", "--import", file);
    expect(again).toMatchObject({ exit: 1, out: expect.stringContaining("it was approved by bob@example.org before") });
    expect((await cardsOf(shop)).map(({ host }) => host)).toEqual(["b"]);
  });

  test("a denial comes back as one", async () => {
    await using shop = await underPolicy("approve: ask, signed: true");
    const file = await decidedElsewhere(shop, "deny");
    expect(await shop.run("approve", "last", "--import", file)).toMatchObject({
      exit: 0,
      out: "a: sweep: denied, and on record\n",
    });
  });

  test("a file of decisions that was altered, is unsigned, old, or for another run or card is refused", async () => {
    await using shop = await underPolicy("approve: ask, signed: true");
    const file = await decidedElsewhere(shop);
    const whole = await readFile(file, "utf8");
    const other = await cardOn(shop, "b");
    const refused = async (exit: number, words: string, change: (content: unknown) => unknown): Promise<void> => {
      await writeFile(file, whole);
      await alter(file, change);
      const said = await decideHere(shop, "approve", "last", { import: file });
      expect(said).toEqual({ exit, said: expect.stringMatching(words) });
    };
    const first = (key: string, value: unknown) => put(`decisions.0.${key}`, () => value);

    await refused(1, "the signature is for another text", first("reason", "another"));
    await refused(1, "the signature is for another text", first("verdict", "deny"));
    await refused(1, "the signature is for another text", first("by", "eve"));
    const moved = (content: unknown) => first("digest", other.digest)(first("host", "b")(content));
    await refused(1, "the signature is for another text", moved);
    await refused(1, "sweep on b was never asked in this run with the digest", first("host", "b"));
    await refused(1, "was never asked in this run with the digest 0{32}", first("digest", "0".repeat(32)));
    await refused(1, "the signature is malformed", first("signature", "junk"));
    await refused(1, "it is not signed", first("signature", undefined));
    await refused(65, "was changed or is not whole at decisions.0.digest", first("digest", "xyz"));
    await refused(
      65,
      "its decisions are for run other, not for",
      put("run", () => "other"),
    );
    await refused(65, "no file of runbook-decisions/1", () => []);
    await refused(65, "not of runbook-decisions/1", () => ({ format: "runbook-requests/1" }));

    const { run, digest } = await cardOn(shop, "a");
    const decidedAt = Date.now() - 2 * 3600_000;
    const old = { host: "a", step: "sweep", digest, verdict: "approve", by: "bob", decidedAt } as const;
    const [signature] = await signTexts([statementOf(run, old)], { file: bob.file }, () => undefined);
    await refused(
      1,
      "it was decided too long ago, and has expired",
      put("decisions", () => [{ ...old, signature }]),
    );

    await writeFile(file, whole.slice(0, -20));
    expect(await shop.run("approve", "last", "--import", file)).toMatchObject({ exit: 65 });
    expect(await shop.run("approve", "last", "--import", `${file}.gone`)).toMatchObject({ exit: 65 });
    expect(await cardsOf(shop)).toHaveLength(2);
  });

  test("a file of requests that was altered is refused, and nothing is signed", async () => {
    await using shop = await underPolicy("approve: ask, signed: true");
    await shop.run("approvals", "last", "--export", "requests.json");
    const file = join(shop.directory, "requests.json");
    const whole = await readFile(file, "utf8");
    const { digest } = await cardOn(shop, "a");
    const other = await cardOn(shop, "b");
    const refused = async (words: string, change: (content: unknown) => unknown): Promise<void> => {
      await writeFile(file, whole);
      await alter(file, change);
      const options = { digest: [digest], sign: bob.file, export: join(shop.directory, "decisions.json") };
      const said = await decideHere(shop, "approve", file, options);
      expect(said).toEqual({ exit: 65, said: expect.stringMatching(words) });
      expect(existsSync(options.export)).toBe(false);
    };
    const plan = "entries.0.event.plan";

    await refused(
      "the digest \\S+ is not that of what is on the card",
      put("requests.0.digest", () => other.digest),
    );
    const untrue = "the card of sweep on a is not what the entries tell";
    await refused(
      untrue,
      put("requests.0.card.title", () => "harmless"),
    );
    await refused(
      untrue,
      put("requests.0.subject.4", () => []),
    );
    await refused(
      untrue,
      put("requests.0.wants.approvers", () => 9),
    );
    await refused(
      "names another run",
      put("run", () => "other"),
    );
    await refused(
      "nothing waits for other on a",
      put("requests.0.step", () => "other"),
    );
    const harsher = put(`${plan}.source.text`, (text) => String(text).replace("rm --", "rm -rf --"));
    await refused("the runbook in it is not the one of its digest", harsher);
    await refused(
      "is not that of what is on the card",
      put(`${plan}.hostInputs`, () => ({ a: { dir: "/" }, b: { dir: "/" } })),
    );
    await refused(
      "its entries tell no run",
      put("entries", (entries) => (Array.isArray(entries) ? entries.slice(1) : [])),
    );
    await refused(
      "was changed or is not whole at entries",
      put("entries", () => []),
    );
    await refused("no file of runbook-requests/1", () => ({}));

    await writeFile(file, whole);
    expect(whole).not.toContain('"settings"');
    const unnamed = await shop.run("approve", "requests.json", "--sign", bob.file, "--export", "decisions.json");
    expect(unnamed).toMatchObject({ exit: 64, err: expect.stringContaining("no terminal to ask on") });
  });

  test("what a hostile file says cannot act on the terminal", async () => {
    await using shop = await underPolicy("approve: ask, signed: true");
    await shop.run("approvals", "last", "--export", "requests.json");
    const file = join(shop.directory, "requests.json");
    const { run, digest } = await cardOn(shop, "a");
    await writeFile(file, (await readFile(file, "utf8")).replaceAll(run, String.raw`r\u001b[2J\u202e\n`));
    const options = { digest: [digest], sign: bob.file, export: join(shop.directory, "decisions.json") };
    const signed = await decideHere(shop, "approve", file, options);
    expect(signed).toEqual({
      exit: 0,
      said: expect.stringContaining(String.raw`runbook approve r\x1b[2J\u202e\n --import`),
    });
    const unnamed = await decideHere(shop, "approve", file, { export: options.export });
    const foreign = await decideHere(shop, "approve", "last", { import: options.export });
    expect([unnamed.exit, foreign.exit]).toEqual([64, 65]);
    await alter(
      options.export,
      put("decisions.0.host", () => "\u001b[2J"),
    );
    await alter(
      options.export,
      put("run", () => run),
    );
    const decided = await decideHere(shop, "approve", "last", { import: options.export });
    expect(decided).toEqual({ exit: 1, said: expect.stringContaining(String.raw`\x1b[2J: sweep: not approved`) });
  });

  test("nothing is exported where nothing waits, or where more than one run does", async () => {
    await using shop = await waitingJob(sweep());
    await shop.run("run", "job", "-i", "hosts.yml", "--input", `dir=${shop.directory}/a`);
    expect(await shop.run("approvals", "--export", "x.json")).toMatchObject({
      exit: 64,
      err: expect.stringContaining("more than one run waits"),
    });
    await using empty = await workshop();
    expect(await empty.run("approvals", "--export", "x.json")).toMatchObject({ exit: 64 });
    expect(await shop.run("approvals", "last", "--export", "nosuch/x.json")).toMatchObject({
      exit: 64,
      err: expect.stringContaining("the file cannot be written"),
    });
  });
});
