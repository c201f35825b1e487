import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 60_000 });

const MAIN = resolve(import.meta.dirname, "../../bin/runbook.js");
/** A network that swallows every packet to 10.9.0.0/24. */
const SWALLOW = `ip link set lo up
ip link add near type veth peer name far
ip link set near arp off up
ip link set far up
ip addr add 10.9.0.1/24 dev near
exec "$@"`;

test("hosts whose packets are swallowed hold nobody up, however few may be at work at once", async () => {
  await using shop = await workshop({
    "hosts.yml":
      "all: { hosts: { a: { ansible_host: 10.9.0.2 }, b: { ansible_host: 10.9.0.3 }, c: { ansible_connection: local } } }\n",
    "look.yml": "name: look\ntitle: A look\nsteps: [{ id: look, detect: { run: ':' } }]\n",
  });
  const given = ["run", "./look.yml", "-i", "hosts.yml", "--parallel", "1", "--state", "state", "--json"];
  const env = { PATH: process.env["PATH"], HOME: shop.directory };
  const out = await new Promise<string>((done) => {
    const args = ["-n", "sh", "-ec", SWALLOW, "sh", process.execPath, MAIN, ...given];
    execFile("unshare", args, { cwd: shop.directory, env }, (_error, text, err) => done(text + err));
  });
  const events = out
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ type }) => ["reached", "unreachable", "step-ended"].includes(type))
    .map(({ type, host }) => `${type} ${host}`);
  expect(events.slice(0, 2)).toEqual(["reached c", "step-ended c"]);
  expect(events.slice(2).toSorted()).toEqual(["unreachable a", "unreachable b"]);
});
