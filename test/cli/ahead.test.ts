import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entriesOf, localJob, sweep, verdictsOf } from "../kit/shelf.ts";

const APPLIES = `    applies: '[ -e "$dir/here" ] || { echo "nothing here"; exit 1; }'\n`;

test("where a step is concerned it is looked at before that is on record, and nowhere else", async () => {
  await using shop = await localJob(sweep("step", "low", "", APPLIES), {
    hosts: ["a", "b", "c"],
    files: { "a/one.bad": "", "c/one.bad": "" },
  });
  await rm(join(shop.directory, "c/here"));
  const ran = await shop.run("run", "job", "-i", "hosts.yml", "-y", "--json");
  const entries = entriesOf(ran.out);
  const order = ["a", "b", "c"].map((host) => {
    const own = entries.filter(({ event }) => "host" in event && event.host === host);
    const concerned = own.find(({ event }) => event.type === "concerned" && event.step === "step")?.seq ?? 0;
    const look = own.map(({ event }) => event).find((event) => event.type === "detected");
    return look === undefined ? "none" : (look.after ?? Infinity) < concerned;
  });
  expect(order).toEqual([true, true, "none"]);
  expect(verdictsOf(ran.out)).toEqual({ "a step": "fixed", "b step": "clear", "c step": "skipped: nothing here" });
});
