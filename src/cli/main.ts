import { Command, CommanderError } from "@commander-js/extra-typings";
import manifest from "../../package.json" with { type: "json" };
import { clean } from "../view/clean.ts";
import { count, seconds, several, type Answer } from "./arguments.ts";
import { addCheck } from "./check-command.ts";
import { EXIT } from "./exit.ts";
import { addDaemon } from "./daemon-command.ts";
import { addCompletion } from "./completion-command.ts";
import { addHistory } from "./history-commands.ts";
import { addLab } from "./lab-commands.ts";
import { addOrders } from "./order-commands.ts";
import { others } from "./others.ts";
import { addRunbooks } from "./runbook-commands.ts";
import { addNotify } from "./notify-commands.ts";
import { addSchedules } from "./schedule-commands.ts";
import { endWithReaders, exitOfFaults, processIo as io, tell } from "./io.ts";

const program = new Command("runbook")
  .description(
    "Find known problems on a fleet of servers, show the evidence, ask, fix, prove the fix, keep the record.",
  )
  .version(manifest.version)
  .showHelpAfterError("(`runbook --help` lists the commands, `runbook COMMAND --help` its options)")
  .showSuggestionAfterError(true)
  .exitOverride()
  .configureHelp({ sortOptions: false });

program
  .command("run")
  .description("detect, ask, fix, verify")
  .argument("<name-or-file>", "a runbook of the library, or a file")
  .option("-i, --inventory <source>", "inventory (file, directory, program), or host1,host2, (repeatable)", several)
  .option("--vault-password-file <file>", "password of what ansible-vault has encrypted (repeatable)", several)
  .option("-l, --limit <pattern>", "narrow the hosts (web:&prod:!db)")
  .option("--hosts <pattern>", "hosts instead of the runbook's own pattern")
  .option("-n, --dry-run", "detect only; show what would be asked, run and shown; nothing is written on any host")
  .option("--approve <risk>", "fix without asking up to this risk: none, low, medium, high", "none")
  .option("-y, --yes", "the same as --approve medium")
  .option("--input <name=value>", "set an input (NAME=@file, NAME=env:X; repeatable)", several)
  .option("-p, --parallel <n>", "hosts at work at once", count, 50)
  .option("--step <id>", "fix only this step; earlier ones are still detected (repeatable)", several)
  .option("--retry <run>", "only the hosts that failed or were unknown in this run: its id, a beginning of it, or last")
  .option("-u, --user <name>", "log in as this user where the inventory does not say")
  .option("--private-key <file>", "log in with this key where the inventory does not say")
  .option("--ssh-config <file>", "ssh's configuration instead of ~/.ssh/config and the system's; none: without")
  .option("-b, --become", "become root where runbook and inventory do not say")
  .option("--ask-pass", "ask for the SSH password")
  .option("--ask-become-pass", "ask for the password of sudo, su or doas")
  .option("--accept-new-host-keys", "learn the keys of hosts that known_hosts does not know")
  .option("--policy <file>", "a policy, besides those that are in force anyway")
  .option("--waivers <file>", "what is accepted as it is, instead of $RUNBOOK_WAIVERS or ./waivers.yml")
  .option("--allow-controller", "allow steps that run on this machine")
  .option("--wait-lock [duration]", "wait for hosts that others have locked; alone: as long as it takes", seconds)
  .option("--no-jobs", "run fixes in a session of ours: a lost connection leaves their end unknown")
  .option("--no-tui", "plain lines even on a terminal; without one, none where all is clear")
  .option("--quiet", "plain lines, and none where all is clear or skipped")
  .option("--json", "the run's events, one JSON object a line, on stdout")
  .option("--report <file>", "write a report at the end: .html, .xml (JUnit) or .json (repeatable)", several)
  .option("--metrics <file>", "write metrics for Prometheus at the end: .prom")
  .option("--state <dir>", "where runs are on record")
  .action(async (name, options) => {
    const { run } = await import("./run.ts");
    end(await run(name, options, io));
  });

addCheck(program, end, io);

program
  .command("resume")
  .description("go on with a run that waited, was stopped, or died")
  .argument("<run>", "its id, a unique beginning of it, or last")
  .option("--ask-pass", "ask for the SSH password")
  .option("--ask-become-pass", "ask for the password of sudo, su or doas")
  .option("--accept-new-host-keys", "learn the keys of hosts that known_hosts does not know")
  .option("--accept-changes", "go on though runbook or inventory have changed since; what was approved is asked again")
  .option("--no-tui", "plain lines even on a terminal")
  .option("--json", "the run's further events, one JSON object a line, on stdout")
  .option("--wait-lock [duration]", "wait for hosts that others have locked; alone: as long as it takes", seconds)
  .option("--report <file>", "write a report at the end: .html, .xml (JUnit) or .json (repeatable)", several)
  .option("--metrics <file>", "write metrics for Prometheus at the end: .prom")
  .option("--state <dir>", "where runs are on record")
  .action(async (run, options) => {
    const { resume } = await others();
    end(await resume(run, options, io));
  });

addRunbooks(program, end, io);

program
  .command("ping")
  .description("log in to every host: who answers, as whom, with what rights, and what is odd there")
  .option("-i, --inventory <source>", "inventory (file, directory, program), or host1,host2, (repeatable)", several)
  .option("--vault-password-file <file>", "password of what ansible-vault has encrypted (repeatable)", several)
  .option("-l, --limit <pattern>", "narrow the hosts")
  .option("-p, --parallel <n>", "logins at once", count, 50)
  .option("-u, --user <name>", "log in as this user where the inventory does not say")
  .option("--private-key <file>", "log in with this key where the inventory does not say")
  .option("--ssh-config <file>", "ssh's configuration instead of ~/.ssh/config and the system's; none: without")
  .option("--ask-pass", "ask for the SSH password")
  .option("--ask-become-pass", "ask for the password of sudo, su or doas, and try it")
  .option("--accept-new-host-keys", "learn the keys of hosts that known_hosts does not know")
  .option("-v, --verbose", "all that each host tells")
  .option("--windows-selftest", "try on Windows hosts what is promised of them")
  .option("--json", "as JSON lines")
  .action(async (options) => {
    const { ping } = await others();
    end(await ping(options, io));
  });

program
  .command("jobs")
  .description("what fixes have left on hosts, and what still runs there")
  .option("-i, --inventory <source>", "inventory (file, directory, program), or host1,host2, (repeatable)", several)
  .option("--vault-password-file <file>", "password of what ansible-vault has encrypted (repeatable)", several)
  .option("-l, --limit <pattern>", "narrow the hosts")
  .option("--clean", "remove what belongs to runs that are over")
  .option("-p, --parallel <n>", "hosts at once", count, 50)
  .option("-u, --user <name>", "log in as this user where the inventory does not say")
  .option("--private-key <file>", "log in with this key where the inventory does not say")
  .option("--ssh-config <file>", "ssh's configuration instead of ~/.ssh/config and the system's; none: without")
  .option("-b, --become", "look as root where the inventory does not say")
  .option("--ask-pass", "ask for the SSH password")
  .option("--ask-become-pass", "ask for the password of sudo, su or doas")
  .option("--accept-new-host-keys", "learn the keys of hosts that known_hosts does not know")
  .option("--json", "as JSON lines")
  .option("--state <dir>", "where runs are on record")
  .action(async (options) => {
    const { jobs } = await others();
    end(await jobs(options, io));
  });

program
  .command("inventory")
  .description("the hosts of an inventory, as we read it")
  .option("-i, --inventory <source>", "inventory (file, directory, program), or host1,host2, (repeatable)", several)
  .option("--vault-password-file <file>", "password of what ansible-vault has encrypted (repeatable)", several)
  .option("-l, --limit <pattern>", "narrow the hosts")
  .option("--graph", "the tree of groups")
  .option("--list", "all that is known of the hosts, as JSON")
  .option("--json", "the same")
  .action(async ({ json, ...options }) => {
    const { inventory } = await others();
    end(await inventory({ ...options, list: options.list ?? json }, process.env, io));
  });

program
  .command("policy")
  .description("what may be fixed, by whom, and when")
  .command("explain")
  .description("which rule says what of which step on which hosts; of every runbook when none is named")
  .argument("[name-or-file]", "a runbook of the library, or a file")
  .option("-i, --inventory <source>", "inventory (file, directory, program), or host1,host2, (repeatable)", several)
  .option("--vault-password-file <file>", "password of what ansible-vault has encrypted (repeatable)", several)
  .option("-l, --limit <pattern>", "narrow the hosts")
  .option("--hosts <pattern>", "hosts instead of the runbook's own pattern")
  .option("--step <id>", "only this step (repeatable)", several)
  .option("--policy <file>", "a policy besides those of $RUNBOOK_POLICY, ./policy.yml and /etc/runbook/policy.yml")
  .option("--approve <risk>", "as with run: none, low, medium, high", "none")
  .option("-y, --yes", "the same as --approve medium")
  .option("--at <time>", "at another time than now: 2026-11-03T22:00, or with a zone 2026-11-03T22:00+01:00")
  .option("--json", "as JSON")
  .action(async (name, options) => {
    const { policyExplain, lookup } = await others();
    end(await policyExplain(name, options, lookup(process.env), io));
  });

addSchedules(program, end, io);
addDaemon(program, end, io);
addNotify(program, end, io);
addHistory(program, end, io);
addOrders(program, end, io);

program
  .command("approvals")
  .description("what waits for a person, in all runs or in one, each with its card")
  .argument("[run]", "its id, a unique beginning of it, or last")
  .option("--export <file>", "write what waits in the run as a file for somebody without access to the record")
  .option("--json", "as JSON lines, one a card")
  .option("--state <dir>", "where runs are on record")
  .action(async (run, options) => {
    const { approvals } = await others();
    end(await approvals(run, options, io));
  });

for (const verdict of ["approve", "deny"] as const) {
  const does = verdict === "approve" ? "say yes to" : "say no to";
  program
    .command(verdict)
    .description(`${does} what waits in a run: card by card on a terminal, else what --digest names`)
    .argument("<run>", "its id, a unique beginning of it, or last; or a file of requests (REQUEST.json)")
    .option("--digest <digest>", "the card, by 8 or more digits of its digest (repeatable)", several)
    .option("--reason <text>", verdict === "approve" ? "why" : "why not")
    .option("--done", "what is for a person to do has been done")
    .option(
      "--sign [key]",
      "sign it with an SSH key: a private one, or a public one whose private half is in ssh-agent",
    )
    .option("--resume", "go on with the run, and exit as it does")
    .option("--no-tui", "with --resume: plain lines even on a terminal")
    .option("--import <file>", "take signed decisions from a file")
    .option("--export <file>", "write the signed decisions on a file of requests to a file")
    .option("--json", "what became of each decision, as JSON lines")
    .option("--state <dir>", "where runs are on record")
    .action(async (run, options) => {
      const { decide } = await others();
      end(await decide(verdict, run, options, io));
    });
}

addLab(program, end, io);
addCompletion(program, end, io);

function end(answer: Answer): void {
  if (typeof answer === "number") {
    process.exitCode = answer;
    return;
  }
  const faults = "kind" in answer ? [answer] : answer;
  tell(faults, io);
  process.exitCode = exitOfFaults(faults);
}

/** Whatever went wrong: commander's own words were printed by it, faults are told, and all else is a bug. */
async function endBadly(error: unknown): Promise<void> {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return;
  }
  // Faults bring zod along, which `--help` does without.
  const { faultsOf } = await import("./commands.ts");
  const faults = faultsOf(error);
  if (faults !== null) return end(faults);
  if (error instanceof Error && "syscall" in error && error.syscall === "uv_cwd") {
    return end({ kind: "usage", message: "the directory that you are in is gone", hint: "go to another one (cd)" });
  }
  endWithBug(error);
}

/** Says that it is ours to mend. Also where an error is thrown with nobody to catch it: a bug must not look like a failed fix. */
function endWithBug(error: unknown): void {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.err(`runbook: this is a bug, and not your fault.\n${clean(what, { lines: true })}\n`);
  process.exitCode = EXIT.bug;
}

process.on("uncaughtException", (error) => {
  endWithBug(error);
  process.exit();
});
endWithReaders();
void program.parseAsync().catch(endBadly);
