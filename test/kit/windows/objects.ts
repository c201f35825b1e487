import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "./machine.ts";
import { isHash, number, PsError, text, thing } from "./values.ts";

/** A point in time; its only format is that of our scripts. */
export function dateThing(value: Date): unknown {
  const self: unknown = thing(
    "DateTime",
    { ticks: value.getTime(), message: value.toISOString() },
    { ToUniversalTime: () => self, ToString: () => value.toISOString().replaceAll(/[-:.Z]/g, "") },
  );
  return self;
}

/** An encoding of texts. */
export function encoding(name: "utf8" | "latin1"): unknown {
  return thing(
    "Encoding",
    {},
    {
      GetBytes: (value) => Buffer.from(text(value), name),
      GetString: (bytes) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString(name) : ""),
    },
  );
}

const mutexFile = (machine: Machine, name: string): string => join(machine.dir, "mutex", name.replaceAll("\\", "_"));

/** A mutex that somebody holds. */
export function openMutex(machine: Machine, name: string): unknown {
  const file = mutexFile(machine, name);
  const held =
    existsSync(file) &&
    readFileSync(file, "utf8")
      .split("\n")
      .some((pid) => pid !== "" && existsSync(`/proc/${pid}`));
  if (!held) throw new PsError("No handle of the given name exists.", "WaitHandleCannotBeOpenedException");
  return thing("Mutex", {}, { Close: () => undefined });
}

/** `New-Object`. */
export function newObject(machine: Machine, type: string, args: readonly unknown[], properties: unknown): unknown {
  switch (type.toLowerCase().replace(/^system\./, "")) {
    case "psobject": {
      const made = thing("PSCustomObject");
      if (isHash(properties)) for (const [name, [, value]] of properties.entries) made.members.set(name, value);
      return made;
    }
    case "text.utf8encoding":
      return encoding("utf8");
    case "datetime":
      return thing("DateTime");
    case "security.principal.windowsprincipal":
      return thing("WindowsPrincipal", {}, { IsInRole: () => true });
    case "threading.manualresetevent": {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      return thing(
        "ManualResetEvent",
        {},
        {
          Set: () => (resolve(true), true),
          WaitOne: (ms) => Promise.race([promise, sleep(number(ms), false, { ref: false })]),
        },
      );
    }
    case "threading.mutex":
      writeFileSync(mutexFile(machine, text(args[1])), `${process.pid}\n`, { flag: "a" });
      return thing("Mutex");
  }
  throw new PsError(`Cannot find type [${type}]: verify that the assembly containing this type is loaded.`);
}
