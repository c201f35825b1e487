import { expect, test } from "vitest";
import { workshop } from "../kit/workshop.ts";

test.each([
  ["x", "4"],
  ["0", "4"],
  ["65533", "4"],
  ["70000", "1"],
])("practice hosts that cannot have their ports are told before any is built: from %s on, %s", async (port, count) => {
  await using shop = await workshop();
  const amount = count === "1" ? "1 host" : `${count} hosts`;
  expect(await shop.runWith({ RUNBOOK_LAB_PORT: port }, "lab", "up", "--hosts", count)).toEqual({
    exit: 64,
    out: "",
    err: `${amount} cannot have ports from ${port} on: a port is a number from 1 to 65535\n  → RUNBOOK_LAB_PORT=3301 runbook lab up --hosts 4\n`,
  });
});

test("a place where no directory can be is told", async () => {
  await using shop = await workshop({ file: "" });
  const { exit, err } = await shop.runWith({ RUNBOOK_LAB: "file/lab" }, "lab", "up");
  expect(exit).toBe(64);
  expect(err).toMatch(
    /\/file\/lab: the practice hosts cannot be kept here: .*\n {2}→ RUNBOOK_LAB=DIR names another place\n$/,
  );
});
