import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { VirtualMachine } from "../kit/virtual-machine.ts";
import type { Workshop } from "../kit/workshop.ts";

const RUNBOOK = resolve(import.meta.dirname, "../../runbooks/lvm-thin-pool-full.yml");

/** Two pools that fill up: one whose group has room, and one whose group has none; and one that is well. */
const POOLS = `
vgcreate -q roomy /dev/vdf; lvcreate -q -L 40M -T roomy/pool; lvcreate -q -V 200M -T roomy/pool -n guest
lvcreate -q -L 12M -T roomy/calm; lvcreate -q -V 10M -T roomy/calm -n idle
vgcreate -q tight /dev/vdg; lvcreate -q -L 40M -T tight/pool; lvcreate -q -V 200M -T tight/pool -n guest
lvcreate -q -s -n before tight/guest; lvcreate -q -l 100%FREE -n rest tight
for vg in roomy tight; do dd if=/dev/zero of=/dev/$vg/guest bs=1M count=36 oflag=direct 2>/dev/null; done
`;

/** The runbook lvm-thin-pool-full on real thin pools, judged by what lvs says on the machine. */
export async function proveThinPools(
  machine: VirtualMachine,
  shop: Workshop,
  told: (what: string) => void,
): Promise<void> {
  machine.must(POOLS);
  const sizes = (): string =>
    machine.must(
      "lvs --noheadings --nosuffix --units m -o vg_name,lv_name,lv_size,data_percent -S 'segtype=thin-pool' --separator ' '",
    );
  const run = (...more: readonly string[]) => shop.run("run", RUNBOOK, "-i", "hosts.yml", "-l", "kvm1", ...more);
  const before = sizes();
  assert.match(before, /roomy pool 40\.00 90\.00/);

  const dry = await run("-n");
  assert.equal(dry.exit, 2, dry.out + dry.err);
  assert.match(dry.out + dry.err, /data +40 MiB, 90 % used +-> +48 MiB, 75\.0 %/);
  assert.equal(sizes(), before);
  told("a dry run shows the sizes before and after, and changes none");

  const first = await run("--approve", "high");
  const after = sizes();
  assert.match(after, /roomy pool 48\.00 75\.00/, first.out + first.err);
  assert.match(after, /roomy calm 12\.00 /);
  assert.match(after, /tight pool 40\.00 90\.00/);
  assert.equal(first.exit, 3, first.out + first.err);
  assert.match(first.out + first.err, /not enough room/);
  told(
    "the pool whose group has room was extended; of the other a person is told what would free it, and it is as it was",
  );

  machine.must("lvremove -q -y tight/rest");
  const second = await run("--approve", "high");
  assert.equal(second.exit, 0, second.out + second.err);
  assert.match(sizes(), /tight pool 48\.00 75\.00/);
  assert.match(machine.must("lvs --noheadings -o lv_name tight"), /before/);
  told("with room in its group it was extended, too");

  const metadata = await run("--approve", "high", "--input", "metadata_percent=5", "--input", "data_percent=100");
  assert.equal(metadata.exit, 3, metadata.out + metadata.err);
  const grown = machine.must(
    "lvs --noheadings -o vg_name,lv_name,lv_metadata_size,metadata_percent --separator ' ' roomy/calm roomy/pool",
  );
  // How much of it is used tells little: the kernel counts a tenth, which it holds back for itself, as used.
  assert.match(grown, /roomy calm 20\.00m /);
  assert.match(machine.must("dmsetup status roomy-calm-tpool"), /thin-pool \d+ \d+\/5120 /);
  assert.match(grown, /roomy pool 4\.00m /);
  told("metadata grew where the group had room for it and its spare copy, and stayed where it had none");
  const again = await run("--input", "metadata_percent=100");
  assert.equal(again.exit, 0, again.out + again.err);
}
