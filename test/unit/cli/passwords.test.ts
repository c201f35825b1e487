import { expect, test } from "vitest";
import { withLogin } from "../../../src/cli/targets.ts";
import { Secret } from "../../../src/model/secret.ts";
import { hostAt } from "../../kit/sshd.ts";

const login = new Secret("login");
const become = new Secret("become");
const SU = { method: "su", program: "su", flags: [] } as const;

test.each([
  ["that of the login, where no other was asked for", {}, { login, become: undefined }, login],
  ["the one that was asked for", {}, { login, become }, become],
  ["that of the inventory before all", { becomePassword: login }, { login: undefined, become }, login],
  [
    "never that of the login for su, which wants somebody else's",
    { becomeMeans: SU },
    { login, become: undefined },
    undefined,
  ],
  ["the one that was asked for, also for su", { becomeMeans: SU }, { login, become }, become],
])("the password to become another user is %s", (_name, over, passwords, expected) => {
  expect(withLogin([hostAt(22, "/", over)], {}, passwords)[0]?.becomePassword).toBe(expected);
});
