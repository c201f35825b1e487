import type { Command } from "@commander-js/extra-typings";
import { percent, several, type Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

/** What is done with runbooks without any host. `end` takes what a command answers. */
export function addRunbooks(program: Command, end: (answer: Answer) => void, io: Io): void {
  program
    .command("list")
    .description("the runbooks that can be run by name")
    .option("--json", "as JSON")
    .action(async (options) => {
      const { list, lookup } = await others();
      end(await list(lookup(process.env), options, io));
    });

  program
    .command("show")
    .description("what a runbook does, with its inputs and scripts")
    .argument("<name-or-file>")
    .action(async (name) => {
      const { show, lookup } = await others();
      end(await show(name, lookup(process.env), io));
    });

  program
    .command("lint")
    .description("check runbooks; all of them when none is named")
    .argument("[file...]")
    .option("--json", "as JSON")
    .option("--no-shellcheck", "without shellcheck, which looks at the scripts where it is installed")
    .action(async (files, options) => {
      const { lint, lookup } = await others();
      end(await lint(files, lookup(process.env), options, io));
    });

  program
    .command("test")
    .description("play the cases of runbooks (NAME.cases/*.yml): what each makes of hosts that are made of data")
    .argument("[name-or-file...]", "runbooks, or files of cases; all of them when none is named")
    .option("--only <text>", "only cases with this in their title")
    .option("--shell <name>", "only under this shell: dash, bash or busybox (repeatable)", several)
    .option("--quick", "each case under one of its shells, taken in turn")
    .option("--coverage", "which step and which outcome has no case")
    .option("--min-coverage <percent>", "exit 2 where cases show less of the runbooks than this", percent)
    .option("--json", "as JSON")
    .option("--report <file>", "write a report: .xml (JUnit) or .json (repeatable)", several)
    .option("--record <host>", "make a case from a real host: only what looks runs there, and names are replaced")
    .option("-i, --inventory <source>", "with --record: inventory, or host1,host2, (repeatable)", several)
    .option("--vault-password-file <file>", "password of what ansible-vault has encrypted (repeatable)", several)
    .option("--input <name=value>", "with --record: set an input (NAME=@file, NAME=env:X; repeatable)", several)
    .option("-u, --user <name>", "log in as this user where the inventory does not say")
    .option("--private-key <file>", "log in with this key where the inventory does not say")
    .option("--ssh-config <file>", "ssh's configuration instead of ~/.ssh/config and the system's; none: without")
    .option("-b, --become", "become root where runbook and inventory do not say")
    .option("--ask-pass", "ask for the SSH password")
    .option("--ask-become-pass", "ask for the password of sudo, su or doas")
    .option("--accept-new-host-keys", "learn the keys of hosts that known_hosts does not know")
    .action(async (names, options) => {
      const { test, lookup } = await others();
      end(await test(names, lookup(process.env), options, io));
    });

  program
    .command("schema")
    .description("the JSON Schema of runbooks, for editors")
    .argument("[kind]", "case, policy, schedules or waivers: that of such files")
    .option("--policy", "that of policies")
    .action(async (kind, options) => {
      const { schema } = await others();
      end(schema(kind, io, options));
    });

  program
    .command("new")
    .description("begin a runbook: runbooks/NAME.yml")
    .argument("<name>")
    .action(async (name) => {
      const { create } = await others();
      end(await create(name, process.cwd(), io));
    });
}
