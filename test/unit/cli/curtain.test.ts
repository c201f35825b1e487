import { expect, test } from "vitest";
import { curtain, type Scene } from "../../../src/cli/curtain.ts";
import type { Entry, Event } from "../../../src/model/event.ts";
import { PLAN } from "../../kit/plans.ts";
import { after } from "../../kit/tale.ts";

const entry = (event: Event): Entry => ({ run: "r", seq: 1, at: 0, event });
const STOP = entry({ type: "stop-requested", by: "ada" });
/** Any state: no scene here looks at it. */
const STATE = after(PLAN);
const word = (host: string): Entry => entry({ type: "admitted", host, batch: 0 });

/** A scene that notes what it is told. */
function noting(told: string[]): Scene {
  return {
    entry: ({ event }) => void told.push("host" in event ? event.host : event.type),
    output: (host) => void told.push(`output of ${host}`),
    listen: () => void told.push("listen"),
    [Symbol.asyncDispose]: async () => void told.push("closed"),
  };
}

const never = (): Scene => {
  throw new Error("this scene is not for now");
};
const nobody = new AbortController().signal;

test("opens at the first word of a host, and shows all that was before in its order, then what comes", async () => {
  const told: string[] = [];
  const opens = Promise.withResolvers<Scene>();
  let opened = 0;
  const scene = curtain(() => {
    opened += 1;
    return opens.promise;
  }, never);
  scene.entry(STOP, STATE);
  scene.listen(() => null, nobody);
  expect(opened).toBe(0);
  scene.entry(word("a"), STATE);
  scene.entry(word("b"), STATE);
  scene.output?.("a", null, "stdout", "lost");
  expect({ opened, told }).toEqual({ opened: 1, told: [] });
  const closed = scene[Symbol.asyncDispose]();
  opens.resolve(noting(told));
  await closed;
  await scene[Symbol.asyncDispose]();
  expect(told).toEqual(["stop-requested", "listen", "a", "b", "closed"]);
});

test("shows what comes as it comes, once it is open", async () => {
  const told: string[] = [];
  const scene = curtain(async () => noting(told), never);
  scene.entry(word("a"), STATE);
  await new Promise(setImmediate);
  scene.entry(word("b"), STATE);
  scene.output?.("b", null, "stdout", "text");
  expect(told).toEqual(["a", "b", "output of b"]);
});

test("shows the other scene, all of it, where the first cannot be opened", async () => {
  const told: string[] = [];
  const scene = curtain(
    () => Promise.reject(new Error("no such module")),
    (error) => {
      told.push(String(error));
      return noting(told);
    },
  );
  scene.entry(word("a"), STATE);
  await new Promise(setImmediate);
  scene.entry(word("b"), STATE);
  await scene[Symbol.asyncDispose]();
  expect(told).toEqual(["Error: no such module", "a", "b", "closed"]);
});

test("ends without a word where no host ever spoke", async () => {
  const scene = curtain(() => Promise.reject(new Error("not asked for")), never);
  scene.entry(STOP, STATE);
  await expect(scene[Symbol.asyncDispose]()).resolves.toBeUndefined();
});

test("opens at once for a run that goes on where everybody waits for a person, and not where a host has something to do", async () => {
  const told: string[] = [];
  const resumed = entry({ type: "run-resumed", by: "ada", attended: true });
  const busy = curtain(() => Promise.reject(new Error("not asked for")), never);
  busy.entry(resumed, STATE);
  await expect(busy[Symbol.asyncDispose]()).resolves.toBeUndefined();

  const scene = curtain(async () => noting(told), never);
  scene.entry(resumed, { ...STATE, hosts: new Map() });
  await scene[Symbol.asyncDispose]();
  expect(told).toEqual(["run-resumed", "closed"]);
});
