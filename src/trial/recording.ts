import { outputText, type Printed } from "../model/output.ts";
import type { ScriptAnswer } from "../model/case.ts";
import type { Connector, Ended, Script } from "../run/ports.ts";
import { partOf, type Part } from "./marks.ts";

/** What a script of the runbook printed on a real host. */
export type Heard = Part & { readonly answer: ScriptAnswer };

/** A connector that keeps what each script of the runbook printed; what it is not asked for it passes on. */
export function recording(real: Connector, heard: Heard[]): Connector {
  return {
    async connect(host, signal) {
      const made = await real.connect(host, signal);
      if (!("run" in made)) return made;
      return {
        identity: made.identity,
        wire: made.wire,
        get alive() {
          return made.alive;
        },
        run: (script, options) => hear(script, made.run(script, options), heard),
        beside: (script, options) => made.beside(script, options),
        // A dry run writes nothing.
        job: () => Promise.reject(new Error("a case is recorded from what only looks")),
        attach: () => Promise.reject(new Error("a case is recorded from what only looks")),
        [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
      };
    },
  };
}

async function hear(script: Script, ended: Promise<Ended>, heard: Heard[]): Promise<Ended> {
  const end = await ended;
  const part = partOf(script.text);
  const answer = answerOf(end);
  if (part !== null && answer !== null) heard.push({ ...part, answer });
  return end;
}

/** Null: it was never begun. */
function answerOf(ended: Ended): ScriptAnswer | null {
  switch (ended.kind) {
    case "exited":
      return { ...printed(ended), ...(ended.code === 0 ? {} : { exit: ended.code }) };
    case "timed-out":
    case "flooded":
      return { ...printed(ended), ends: "timed-out" };
    case "lost":
      return { ...printed(ended), ends: "lost" };
    case "refused":
      return null;
  }
}

function printed({ stdout, stderr }: { readonly stdout: Printed; readonly stderr: Printed }): ScriptAnswer {
  const [out, err] = [outputText(stdout), outputText(stderr)];
  return { ...(out === "" ? {} : { out }), ...(err === "" ? {} : { err }) };
}
