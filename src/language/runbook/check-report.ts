import type { Fault } from "../../model/fault.ts";
import type { Path } from "../yaml/path.ts";
import type { Yaml } from "../yaml/yaml.ts";

/** What other files say that the checks need. */
export type Context = {
  /** The files of the runbook's `functions` that can be read, as faults name them, with their texts: they are put before every script. */
  readonly functionsFiles?: ReadonlyMap<string, string>;
  /** Files that the runbook names and that cannot be read: as it writes them → why. */
  readonly unreadable?: ReadonlyMap<string, string>;
  /** The runbook itself is not known as a whole: what its scripts are given is not, either. */
  readonly unknown?: boolean;
};

/** Gathers what the checks find: faults refuse the file, warnings do not. */
export type Report = {
  readonly yaml: Yaml;
  /** What stands in the file and could not be read, as paths. */
  readonly lost: readonly Path[];
  readonly faults: Fault[];
  readonly warnings: Fault[];
  readonly fault: (path: Path, message: string, hint?: string, which?: "key" | "value") => void;
  readonly warn: (path: Path, message: string, hint?: string, which?: "key" | "value") => void;
};

/** An empty report on a document. */
export function reportOn(yaml: Yaml, lost: readonly Path[] = []): Report {
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  return {
    yaml,
    lost,
    faults,
    warnings,
    fault: (path, message, hint, which) => void faults.push(yaml.fault(path, message, hint, which)),
    warn: (path, message, hint, which) => void warnings.push(yaml.fault(path, message, hint, which)),
  };
}
