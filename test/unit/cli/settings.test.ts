import { expect, test } from "vitest";
import { saidOf } from "../../../src/cli/settings.ts";
import type { Host } from "../../../src/model/inventory.ts";
import { Runbook } from "../../../src/model/runbook.ts";
import { Secret } from "../../../src/model/secret.ts";
import { hostNamed } from "../../kit/host.ts";

const RUNBOOK = Runbook.parse({
  name: "a",
  title: "A",
  inputs: { size: { type: "integer" }, token: { type: "string", secret: true } },
  steps: [{ id: "s", detect: { run: "true" } }],
});
const BEFORE = hostNamed("a", { size: 1, token: "hunter2", other: "x" });

/** Which parts of what is kept of a host change when the inventory says this of it. */
function changed(parts: Partial<Host>): string[] {
  const [before, now] = [BEFORE, { ...BEFORE, ...parts }].map((host) => saidOf([host], RUNBOOK, {}).hostDigests["a"]);
  return Object.entries(now ?? {}).flatMap(([part, digest]) =>
    digest === Object.entries(before ?? {}).find(([name]) => name === part)?.[1] ? [] : [part],
  );
}

test("each part of what an inventory says of a host has a digest of its own", () => {
  expect(changed({})).toEqual([]);
  expect(changed({ port: 2222 })).toEqual(["login"]);
  expect(changed({ becomeUser: "app" })).toEqual(["user"]);
  expect(changed({ vars: { ...BEFORE.vars, size: 2 } })).toEqual(["inputs"]);
  expect(changed({ groups: ["all", "web"] })).toEqual(["groups"]);
});

test("no secret, and nothing that the runbook does not take, is in any of them: it could be guessed from a digest", () => {
  expect(changed({ vars: { ...BEFORE.vars, token: "other", other: "y" } })).toEqual([]);
  const [one, other] = [new Secret("one"), new Secret("other")].map((secret) =>
    saidOf([{ ...BEFORE, password: secret, becomePassword: secret }], RUNBOOK, {}),
  );
  expect(one).toEqual(other);
});

test("which hosts may be logged in to with old algorithms is kept, and a change of it is one of their logins", () => {
  expect(changed({ compat: "el5" })).toEqual(["login"]);
  expect(saidOf([BEFORE, { ...BEFORE, name: "b", compat: "el5" }], RUNBOOK, {}).compat).toEqual({ b: "el5" });
});
