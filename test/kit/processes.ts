import { readdirSync, readFileSync } from "node:fs";

/** A process as /proc shows it from outside; `args` is its command line with spaces. */
export type Seen = { readonly pid: number; readonly parent: number; readonly args: string };

/** Every process whose command line holds `text`, this one left out. */
export function processesWith(text: string): readonly Seen[] {
  return allProcesses().filter((seen) => seen.pid !== process.pid && seen.args.includes(text));
}

/** Every process of the machine that can be read. */
export function allProcesses(): readonly Seen[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const args = readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ").trim();
        const stat = readFileSync(`/proc/${name}/stat`, "latin1");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state === "Z" ? [] : [{ pid: Number(name), parent: Number(parent), args }];
      } catch {
        return [];
      }
    });
}

/** Waits until `holds` does, for at most `seconds`; says whether it did. `pause`: ms between two looks. */
export async function eventually(holds: () => boolean, seconds = 20, pause = 20): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return holds();
}

/** A `sleep` that no other test starts: its argument tells it apart in /proc. */
export function uniqueSleep(): string {
  return `sleep 7${Math.floor(Math.random() * 1e6)}.${process.pid}`;
}

/** One that has ended since it was listed needs no killing. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
