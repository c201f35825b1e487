import { Ailment } from "../model/ailment.ts";
import type { Fault } from "../model/fault.ts";

type Told = {
  /** The verdict, at the beginning of a reason. */
  readonly words: string;
  /** What to do about it. */
  readonly hint: string;
  /** What programs say at the end of a line when it keeps them from something, under LC_ALL=C. */
  readonly said: RegExp | null;
};

/** Every ailment: how it is told, and how it is known. */
const TOLD: Readonly<Record<Ailment, Told>> = {
  "disk-full": {
    words: "disk full",
    hint: "Make room: `df -h` and `df -i` there show which file system is full (of bytes or of inodes), or whose quota is used up.",
    said: /: (?:No space left on device|Disk quota exceeded)$/m,
  },
  "read-only": {
    words: "read-only",
    hint: "A file system there takes no writes: `dmesg` says whether an error made it read-only; check the disk before it is mounted for writing again.",
    said: /: Read-only file system$/m,
  },
  "no-processes": {
    words: "no more processes",
    hint: "End what makes so many there, or raise the limit (`ulimit -u`, TasksMax, pids.max, kernel.pid_max). Some shells say the same when memory is short.",
    said: /: Cannot fork$|\bfork: (?:retry: )?Resource temporarily unavailable$/m,
  },
  "no-memory": {
    words: "no memory",
    hint: "Find out what takes the memory there (`ps aux --sort=-rss`), or what limits it (`ulimit -v`, MemoryMax).",
    said: /: (?:Cannot allocate memory|Out of memory|Out of space|out of memory)$|\bcannot allocate \d+ bytes\b|^Out of memory!$/m,
  },
  "no-files": {
    words: "no more open files",
    hint: "Something there keeps too many files open (`lsof`), or the limit is too low (`ulimit -n`, fs.file-max).",
    said: /: Too many open files(?: in system)?$/m,
  },
  "disk-error": {
    words: "disk error",
    hint: "A disk or a mount there is broken: `dmesg` says which.",
    said: /: Input\/output error$/m,
  },
  "stale-mount": {
    words: "stale mount",
    hint: "A network or FUSE file system there has lost its server: unmount it (`umount -l`) and mount it again.",
    said: /: (?:Stale (?:NFS )?file handle|Transport endpoint is not connected)$/m,
  },
  hung: {
    words: "hung",
    hint: "Something there waits in the kernel, mostly for a mount or a disk that does not answer: `cat /proc/PID/stack` as root says where. Only an answer or a reboot ends it.",
    said: null,
  },
};

/** What ails the host, by what a script that failed has said on stderr: the last line that tells it counts. */
export function ailmentIn(stderr: string): Ailment | null {
  const lines = stderr.trimEnd().split(/[\r\n]+/);
  for (const line of lines.toReversed()) {
    const told = Ailment.options.find((ailment) => TOLD[ailment].said?.test(line.trimEnd()) === true);
    if (told !== undefined) return told;
  }
  return null;
}

/** A reason that begins with the verdict, where there is one: `disk full: the fix exited 1: …`. */
export function withAilment(ailment: Ailment | null, reason: string): string {
  return ailment === null ? reason : `${TOLD[ailment].words}: ${reason}`;
}

/** What to do about it. */
export function ailmentHint(ailment: Ailment): string {
  return TOLD[ailment].hint;
}

/** The ailment that a fault is about; null for any other fault. */
export function ailmentOf({ kind }: Pick<Fault, "kind">): Ailment | null {
  return Ailment.options.find((ailment) => ailment === kind) ?? null;
}

/** Why a host was not reached, verdict first: `unreachable: refused: …`, `auth: …`, `host key: …`, `no more processes: …`. */
export function faultReason(fault: Fault): string {
  switch (fault.kind) {
    case "unreachable":
      return `unreachable: ${fault.message}`;
    case "auth":
      return `auth: ${fault.message}`;
    case "host-key":
      return `host key: ${fault.message}`;
    case "usage":
    case "invalid-file":
    case "nothing-selected":
    case "privilege":
    case "session":
    case "journal":
      return fault.message;
    case "disk-full":
    case "read-only":
    case "no-processes":
    case "no-memory":
    case "no-files":
    case "disk-error":
    case "stale-mount":
    case "hung":
      return withAilment(fault.kind, fault.message);
  }
}
