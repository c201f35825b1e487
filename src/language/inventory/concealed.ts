import type { Fault } from "../../model/fault.ts";
import { isSecret, Secret } from "../../model/secret.ts";

/** A value of a file that was encrypted as a whole: every text and number in it is a secret. */
export function concealed(value: unknown): unknown {
  if (typeof value === "string") return new Secret(value);
  if (typeof value === "number") return new Secret(String(value));
  if (Array.isArray(value)) return value.map(concealed);
  if (typeof value !== "object" || value === null || isSecret(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, concealed(each)]));
}

/** A fault of a file that was encrypted as a whole: its place, and nothing of what stands there. */
export function concealedFault({ kind, where }: Fault): Fault {
  return {
    kind,
    message: "what is written here cannot be read as a part of an inventory; the file is encrypted, so it is not shown",
    hint: "`ansible-vault view` shows the file",
    ...(where === undefined ? {} : { where }),
  };
}
