import { createServer } from "node:net";
import { expect, test } from "vitest";
import { localJob, sweep, verdictsOf } from "../kit/shelf.ts";

test("the first Ctrl-C does not wait for hosts that do not answer", async () => {
  const silent = createServer((socket) => void socket.on("error", () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await using shop = await localJob(sweep());
  const hosts = `all:\n  hosts:\n    mute: { ansible_host: 127.0.0.1, ansible_port: ${port}, dir: /nowhere }\n`;
  await shop.write("mute.yml", hosts);
  const met = new Promise((resolve) => silent.once("connection", resolve));
  const { child, ended } = shop.start("run", "job", "-i", "mute.yml", "-y", "--json");
  await Promise.race([met, ended]);
  child.kill("SIGINT");
  const { exit, out } = await ended;
  // Had it waited for the login, it would call the host unreachable.
  expect({ exit, verdicts: verdictsOf(out) }).toEqual({
    exit: 130,
    verdicts: { "mute sweep": "unknown: stopped by Ctrl-C before it was looked at" },
  });
  silent.close();
});
