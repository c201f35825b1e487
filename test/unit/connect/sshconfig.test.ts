import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { configReader } from "../../../src/connect/config/read.ts";
import { IGNORED_OPTIONS } from "../../../src/language/inventory/ssh-names.ts";
import { hostAt } from "../../kit/sshd.ts";

const dir = mkdtempSync(join(tmpdir(), "rb-config-"));
afterAll(() => rmSync(dir, { recursive: true }));

const HOSTS = ["web1", "web2", "Web3", "db1", "10.0.0.1", "web1.example", "db1.example"];
const PATTERN = fc.constantFrom(
  "*",
  "web*",
  "web?",
  "!web2",
  "db*",
  "10.0.0.*",
  "*.example",
  "!*.example",
  "web1",
  "WEB2",
);
const OPTION = fc.constantFrom(
  "Port 23",
  "Port 24",
  "User ops",
  "HostName %h.example",
  "HostName 10.0.0.1",
  "HostName web1",
  "HostName %h",
  "IdentityFile ~/.ssh/%h",
  "ProxyJump b",
  "HashKnownHosts yes",
  "SendEnv X",
  "UserKnownHostsFile ~/%h",
  "KnownHostsCommand /bin/x",
);
const HEAD = fc.oneof(
  { weight: 4, arbitrary: fc.array(PATTERN, { minLength: 1, maxLength: 2 }).map((all) => `Host ${all.join(" ")}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("Match all", "Match final all", "Match host web*", `Include ${dir}/included`),
  },
);
const BLOCK = fc.tuple(HEAD, OPTION, OPTION).map((lines) => lines.join("\n  "));
const BLOCKS = fc.array(BLOCK, { maxLength: 4 }).map((blocks) => `${blocks.join("\n")}\n`);

/** What is told of each host that we would go by, in any order of options. */
async function told(file: string): Promise<readonly object[]> {
  const read = configReader({ home: "/nonexistent", file });
  const all = await Promise.all(HOSTS.map((address) => read(hostAt(22, dir, { address, user: undefined }))));
  return all.map((lines) =>
    "kind" in lines
      ? { fault: lines.message }
      : Object.fromEntries([...lines].filter(([name]) => !IGNORED_OPTIONS.has(name))),
  );
}

test("what is told of many hosts is what ssh says of each of them", { timeout: 60_000 }, async () => {
  const [file, included, alone] = ["config", "included", "alone"].map((name) => join(dir, name));
  await fc.assert(
    fc.asyncProperty(BLOCKS, BLOCK, async (text, more) => {
      writeFileSync(included ?? "", `${more.replace("Include", "#")}\n`);
      writeFileSync(file ?? "", text);
      // Only ssh can tell what that means, so it is asked of each host.
      writeFileSync(alone ?? "", `${text}Match exec true\n`);
      expect(await told(file ?? "")).toEqual(await told(alone ?? ""));
    }),
    { numRuns: 15 },
  );
});
