import assert from "node:assert/strict";
import { startVirtualMachine, title, type VirtualMachine } from "../kit/virtual-machine.ts";

/** The kernel of the incident, and the one with which its panics stopped. */
const OLD = "3.10.0-327.28.3.el7.x86_64";
const NEW = "3.10.0-693.11.1.el7.x86_64";

const began = performance.now();
const told = (what: string): void =>
  console.log(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${what}`);

/** Reboots it, and waits until it is up again in another boot; tells which kernel runs then. */
async function rebooted(machine: VirtualMachine): Promise<string> {
  const id = "cat /proc/sys/kernel/random/boot_id";
  const before = machine.must(id);
  machine.must("systemctl reboot");
  for (;;) {
    await machine.up();
    try {
      if (machine.must(id) !== before) return machine.must("uname -r").trim();
    } catch {
      // It is going down: whoever logs in now is turned away.
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

await using machine = await startVirtualMachine({ kernels: [OLD, NEW] });
told("the machine is up");
assert.equal(machine.must("uname -r").trim(), OLD);
machine.must(`grub-reboot '${title(NEW)}'`);
assert.equal(await rebooted(machine), NEW);
told("a real GRUB booted the entry for one boot");
assert.equal(await rebooted(machine), OLD);
told("and the default one after it");
