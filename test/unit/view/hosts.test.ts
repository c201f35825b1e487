import * as fc from "fast-check";
import { expect, test } from "vitest";
import { foldHosts } from "../../../src/view/hosts.ts";

test.each([
  [["web01", "web02", "web03"], "web[01-03]"],
  [["web3", "web1", "web2"], "web[1-3]"],
  [["web8", "web9", "web10", "web11"], "web[8-11]"],
  [["web01", "web02"], "web01, web02"],
  [["web09", "web10", "db1", "web11"], "db1, web[09-11]"],
  [["a1.dc2.net", "a2.dc2.net", "a3.dc2.net", "a3.dc3.net"], "a[1-3].dc2.net, a3.dc3.net"],
  [["10.0.0.254", "10.0.0.255", "10.0.1.0"], "10.0.0.254, 10.0.0.255, 10.0.1.0"],
  [["one"], "one"],
  [[], ""],
])("folds %j", (names, folded) => {
  expect(foldHosts(names)).toBe(folded);
});

test("what is left out is counted in hosts, not in parts", () => {
  expect(foldHosts(["alpha", "beta", "web1", "web2", "web3", "zeta"], 2)).toBe("alpha, beta and 4 more");
});

test("padded and unpadded numbers are not mixed up in one range", () => {
  expect(foldHosts(["n9", "n10", "n11", "n009", "n010"])).not.toContain("[9-010]");
  expect(foldHosts(["n099", "n100", "n101"])).toBe("n[099-101]");
});

test("unfolding gives exactly the same hosts back", () => {
  const name = fc
    .tuple(fc.constantFrom("web", "db-", "n"), fc.nat(30), fc.constantFrom("", ".a", ".b7"), fc.boolean())
    .map(([stem, number, end, padded]) => `${stem}${padded ? String(number).padStart(3, "0") : number}${end}`);
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
      const unfolded = foldHosts(names, Number.POSITIVE_INFINITY).split(", ").flatMap(unfold);
      expect(unfolded.toSorted()).toEqual(names.length === 0 ? [""] : names.toSorted());
    }),
  );
});

function unfold(part: string): string[] {
  const match = /^(.*)\[(\d+)-(\d+)\](.*)$/.exec(part);
  if (match === null) return [part];
  const [, before, first = "", last, after] = match;
  const width = first.startsWith("0") || first.length === last?.length ? first.length : 0;
  return Array.from({ length: Number(last) - Number(first) + 1 }, (_, at) => {
    return `${before}${String(Number(first) + at).padStart(width, "0")}${after}`;
  });
}
