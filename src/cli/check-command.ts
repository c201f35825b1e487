import { Option, type Command } from "@commander-js/extra-typings";
import { count, percent, several, type Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

/** `runbook check`: many runbooks at once, without a change anywhere. `end` takes what a command answers. */
export function addCheck(program: Command, end: (answer: Answer) => void, io: Io): void {
  program
    .command("check")
    .description(
      "look with many runbooks at once: a table of hosts and runbooks, and a health score; nothing is changed",
    )
    .argument("[name-or-file...]", "runbooks of the library, or files; all of the library when none is named")
    .option("-i, --inventory <source>", "inventory (file, directory, program), or host1,host2, (repeatable)", several)
    .option("--vault-password-file <file>", "password of what ansible-vault has encrypted (repeatable)", several)
    .option("-l, --limit <pattern>", "narrow the hosts (web:&prod:!db)")
    .option("--hosts <pattern>", "hosts instead of the runbooks' own patterns")
    .option("--input <name=value>", "set an input, of one runbook with RUNBOOK.NAME=VALUE (repeatable)", several)
    .option("-p, --parallel <n>", "hosts at work at once", count, 50)
    .option("-u, --user <name>", "log in as this user where the inventory does not say")
    .option("--private-key <file>", "log in with this key where the inventory does not say")
    .option("--ssh-config <file>", "ssh's configuration instead of ~/.ssh/config and the system's; none: without")
    .option("-b, --become", "become root where runbook and inventory do not say")
    .option("--ask-pass", "ask for the SSH password")
    .option("--ask-become-pass", "ask for the password of sudo, su or doas")
    .option("--accept-new-host-keys", "learn the keys of hosts that known_hosts does not know")
    .option("--allow-controller", "allow steps that run on this machine")
    .option("--policy <file>", "a policy, besides those that are in force anyway")
    .option("--waivers <file>", "what is accepted as it is, instead of $RUNBOOK_WAIVERS or ./waivers.yml")
    .option("--min-score <n>", "exit 2 where the fleet's score is lower (0 to 100)", percent)
    .addOption(
      new Option("--fail-on <severity>", "exit 2 only for findings of this severity or worse").choices([
        "info",
        "warning",
        "critical",
      ] as const),
    )
    .option("--quiet", "nothing where all is clear")
    .option("--json", "as JSON")
    .option("--report <file>", "write a report at the end: .html, .xml (JUnit) or .json (repeatable)", several)
    .option("--metrics <file>", "write metrics for Prometheus at the end: .prom")
    .option("--state <dir>", "where checks are on record")
    .action(async (names, options) => {
      const { check } = await others();
      end(await check(names, options, io));
    });
}
