import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../../src/model/inventory.ts";
import { startSshd, type Sshd } from "../sshd.ts";
import { type Machine, makeMachine, saveMachine } from "./machine.ts";

/** A real sshd before a stand-in of a Windows host: what is behind the login is played, and is not Windows. */
export type Windows = AsyncDisposable & {
  readonly sshd: Sshd;
  /** The directory of the host that is played, made anew as one that is like this. */
  be(over?: Partial<Machine>): Machine;
  machine(): Machine;
  /** As if it had been booted just now; logins stay. */
  boot(): void;
  host(over?: Partial<Host>): Host;
};

export async function startWindows(config: readonly string[] = []): Promise<Windows> {
  const dir = mkdtempSync(join(tmpdir(), "rb-windows-"));
  let machine = makeMachine(dir);
  const shell = join(import.meta.dirname, "login-shell.ts");
  const sshd = await startSshd({
    config: [...config, `ForceCommand exec ${process.execPath} --liftoff-only ${shell} ${dir}`],
  });
  return {
    sshd,
    be(over = {}) {
      for (const place of ["ProgramData", "LocalAppData", "Temp", "mutex"])
        rmSync(join(dir, place), { recursive: true, force: true });
      machine = makeMachine(dir, over);
      return machine;
    },
    machine: () => machine,
    boot: () => saveMachine((machine = { ...machine, bootedAt: Date.now() })),
    host: (over = {}) => sshd.host({ windows: machine.shell, ...over }),
    async [Symbol.asyncDispose]() {
      await sshd[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
