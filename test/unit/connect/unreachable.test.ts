import { describe, expect, it } from "vitest";
import { saying, timedOut, unreachable } from "../../../src/connect/ssh/unreachable.ts";
import { hostAt } from "../../kit/sshd.ts";

const HOST = hostAt(22, "/");

/** What Node says of a call that failed so; a stand-in for a network in which it does. */
function failing(code: string): Error & { readonly code: string } {
  return Object.assign(new Error(code), { code });
}

describe("why no login came about", () => {
  it.each([
    ["ECONNREFUSED", "refused: nothing listens at 127.0.0.1 port 22"],
    ["ENOTFOUND", "no such host: 127.0.0.1"],
    ["EAI_AGAIN", "no such host for now: the name service does not answer for 127.0.0.1"],
    ["EHOSTUNREACH", "no route: 127.0.0.1 port 22"],
    ["ENETUNREACH", "no route: 127.0.0.1 port 22"],
    ["EPERM", "no route: 127.0.0.1 port 22 is barred here or on the way"],
    ["ETIMEDOUT", "timed out: nothing answers at 127.0.0.1 port 22"],
    ["ECONNRESET", "closed by the host before the login"],
    ["EMFILE", "no file descriptor is left on this machine"],
    ["EWHATEVER", "closed: EWHATEVER"],
  ])("is told for %s in one line, with what to do", (code, message) => {
    const fault = unreachable(failing(code), HOST);
    expect(fault).toMatchObject({ kind: "unreachable", message, where: "web1" });
    expect(fault.hint).toMatch(/^\S.*[.?)]$/);
  });

  it("tells how far it had come when its time was up", () => {
    const stages = (["no-answer", "silent", "undecided", undefined] as const).map((stage) => timedOut(HOST, 10, stage));
    expect(stages.map(({ message }) => message)).toEqual([
      "timed out: nothing answers at 127.0.0.1 port 22 within 10 s",
      "timed out: 127.0.0.1 port 22 takes connections, but no SSH server spoke within 10 s",
      "timed out: sshd at 127.0.0.1 port 22 let nobody in and refused nobody within 10 s",
      "timed out: 127.0.0.1 port 22 gave no login within 10 s",
    ]);
    expect(new Set(stages.map(({ hint }) => hint)).size).toBe(3);
  });

  it("passes on what a host says of an account, and no banner", () => {
    const fault = timedOut(HOST);
    const banner = "Unauthorized access is prohibited, and any account is watched.\n";
    expect(saying(fault, banner)).toBe(fault);
    const told = saying(fault, `${banner}Your account has expired; please contact your system administrator.\r\n\n`);
    expect(told.message).toMatch(
      /; the host says: Your account has expired; please contact your system administrator\.$/,
    );
  });
});
