import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { keyBox } from "../kit/keys.ts";
import type { VirtualMachine } from "../kit/virtual-machine.ts";
import type { Ran, Workshop } from "../kit/workshop.ts";

const RUNBOOK = resolve(import.meta.dirname, "../../runbooks/lvm-snapshot-rollback.yml");

/** A thick and a thin volume, each with a snapshot of a good state, spoiled since. The thin one's pool is the first test's. */
const VOLUMES = `
lvcreate -q -L 20M -n thick data; lvcreate -q -V 40M -T roomy/pool -n slim
for volume in data/thick roomy/slim; do
  mkfs.ext4 -q /dev/$volume; mount /dev/$volume /mnt; echo good > /mnt/state; umount /mnt
  case $volume in data/*) lvcreate -q -s -L 16M -n before $volume ;; *) lvcreate -q -s -n before $volume ;; esac
  mount /dev/$volume /mnt; echo spoiled > /mnt/state; umount /mnt
done
`;

/** The runbook lvm-snapshot-rollback on real snapshots, judged by what is on the volumes. */
export async function proveRollback(
  machine: VirtualMachine,
  shop: Workshop,
  told: (what: string) => void,
): Promise<void> {
  machine.must(VOLUMES);
  using box = keyBox();
  const [ada, bob] = [box.make("ada"), box.make("bob")];
  box.write("signers", `ada@example.org ${ada.line}`, `bob@example.org ${bob.line}`);
  const policy = box.write(
    "policy.yml",
    `allowed_signers: ${join(box.directory, "signers")}`,
    "rules:",
    "  - { approve: ask }",
  );
  const run = (vg: string, ...more: readonly string[]): Promise<Ran> => {
    const named = vg === "" ? [] : ["--input", `vg=${vg}`, "--input", "snapshot=before"];
    return shop.run("run", RUNBOOK, "-i", "hosts.yml", "--policy", policy, ...named, ...more);
  };
  const state = (volume: string): string =>
    machine.must(`mount -o ro,noload /dev/${volume} /mnt; cat /mnt/state; umount /mnt`).trim();
  const snapshots = (vg: string): string => machine.must(`lvs --noheadings -o lv_name ${vg}`);
  const signed = async (...keys: readonly string[]): Promise<Ran[]> => {
    const ran: Ran[] = [];
    for (const key of keys) {
      const { out } = await shop.run("approvals", "last", "--json");
      const digest = /"digest": ?"([0-9a-f]+)"/.exec(out)?.[1] ?? "";
      ran.push(await shop.run("approve", "last", "--digest", digest, "--sign", key));
    }
    return ran;
  };

  const unnamed = await run("", "--approve", "high");
  assert.equal(unnamed.exit, 0, unnamed.out + unnamed.err);
  assert.match(unnamed.out + unnamed.err, /no snapshot is named/);
  for (const [vg, volume] of [
    ["data", "data/thick"],
    ["roomy", "roomy/slim"],
  ] as const) {
    const asked = await run(vg, "--approve", "high");
    assert.equal(asked.exit, 3, asked.out + asked.err);
    assert.match(asked.out + asked.err, /consumed/);
    const [one] = await signed(ada.file);
    assert.match(one?.out ?? "", /it needs 1 more person/, JSON.stringify(one));
    const early = await shop.run("resume", "last");
    assert.equal(early.exit, 3, early.out + early.err);
    assert.equal(state(volume), "spoiled");

    machine.must(`mount /dev/${volume} /mnt`);
    await signed(bob.file);
    const open = await shop.run("resume", "last");
    assert.match(open.out + open.err, /is open/);
    machine.must("umount /mnt");
    assert.equal(state(volume), "spoiled");
    assert.match(snapshots(vg), /before/);
    told(`${volume}: one yes is not enough, and an open volume is left alone`);

    await run(vg);
    await signed(ada.file, bob.file);
    const merged = await shop.run("resume", "last");
    assert.equal(merged.exit, 0, merged.out + merged.err);
    assert.equal(state(volume), "good");
    assert.doesNotMatch(snapshots(vg), /before/);
    told(`${volume}: two signatures, and it is as it was; the snapshot is gone`);
  }
}
