import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

const FUNCTIONS = resolve(import.meta.dirname, "../../runbooks/kernel-cfs-throttle.functions.sh");
const ASK = `. "$0"; while read -r a b; do if older "$a" "$b"; then echo older; else echo not; fi; done`;

/** A shell level of its own keeps bash from reading the tester's start-up files. */
const QUIET = { SHLVL: "3" };

const scratch = mkdtempSync(join(tmpdir(), "rpm-order-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Pair = readonly [string, string];

/** What the runbook's own function says of each pair, under this shell and with this awk. */
function ours(pairs: readonly Pair[], shell: readonly string[], awk: readonly string[]): string[] {
  const place = mkdtempSync(join(scratch, "bin-"));
  symlinkSync(awk.length > 1 ? "/bin/busybox" : (awk[0] ?? ""), join(place, "awk"));
  const [program = "", ...rest] = shell;
  const env = { ...QUIET, PATH: `${place}:/usr/bin:/bin` };
  const input = pairs.map((pair) => `${pair.join(" ")}\n`).join("");
  return execFileSync(program, [...rest, "-c", ASK, FUNCTIONS], { input, env, encoding: "utf8" })
    .trim()
    .split("\n");
}

/** What RPM says, asked through the Lua that is built into it: version first, then release. */
function rpms(pairs: readonly Pair[]): string[] {
  const parts = ([a, b]: Pair): string =>
    [a, b].map((each) => `"${each.replace(/-[^-]*$/, "")}","${each.replace(/^.*-/, "")}"`).join(",");
  const lua = pairs.map((pair) => `say(${parts(pair)})`).join(" ");
  const say =
    'function say(v, r, w, s) local c = rpm.vercmp(v, w); if c == 0 then c = rpm.vercmp(r, s) end; print(c < 0 and "older" or "not") end';
  const said = execFileSync("rpm", ["--eval", `%{lua: ${say} ${lua}}`], {
    env: { ...process.env, ...QUIET },
    encoding: "utf8",
  });
  // Not every version of rpm ends what its Lua prints with a newline.
  return said.match(/older|not/g) ?? [];
}

const piece = fc.oneof(
  fc.constantFrom(".", "..", "_", "~", "^", "+", "a", "b", "ab", "rc", "el7", "Z", "rt56", "0", "00", "01", "10", "9"),
  fc.nat({ max: 2000 }).map(String),
  fc.constant("99999999999999999999"),
);
const text = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `1${pieces.join("")}`);
const version = fc.tuple(text, text).map((parts) => parts.join("-"));
const pair = fc.oneof(
  fc.tuple(version, version),
  // Often alike but for the end, where it is hardest to tell.
  fc.tuple(version, piece, piece).map(([same, a, b]): Pair => [same + a, same + b]),
);

describe("versions of kernels are in RPM's order", () => {
  const shells = { dash: ["/bin/dash"], bash: ["/bin/bash"], busybox: ["/bin/busybox", "sh"] };
  const awks = { dash: ["/usr/bin/mawk"], bash: ["/usr/bin/mawk"], busybox: ["/bin/busybox", "awk"] };

  it.each(["dash", "bash", "busybox"] as const)("under %s, and its awk", (shell) => {
    const known: Pair[] = [
      ["3.10.0-327.28.3.el7", "3.10.0-693.11.1.el7"],
      ["3.10.0-1160.el7", "3.10.0-693.11.1.el7"],
      ["3.10.0-693.11.1.el7", "3.10.0-693.11.1.el7"],
      ["3.10.0-693.el7", "3.10.0-693.11.1.el7"],
    ];
    expect(ours(known, shells[shell], awks[shell])).toEqual(["older", "not", "not", "older"]);
    fc.assert(
      fc.property(fc.array(pair, { minLength: 100, maxLength: 100 }), (pairs) => {
        expect(ours(pairs, shells[shell], awks[shell])).toEqual(rpms(pairs));
      }),
      { numRuns: 3 },
    );
  });
});
