import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runbookSchemaText } from "../language/runbook/json-schema.ts";
import { runbookTemplate } from "../language/runbook/template.ts";
import type { Fault } from "../model/fault.ts";
import { Slug } from "../model/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Begins a runbook in `runbooks/NAME.yml`, with the schema beside it for editors. Overwrites nothing. */
export async function create(name: string, cwd: string, io: Io): Promise<number | Fault> {
  if (!Slug.safeParse(name).success) {
    const hint = `write it \`${
      name
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "") || "my-runbook"
    }\``;
    return {
      kind: "usage",
      message: `\`${name}\` cannot be a runbook's name: expected lower-case words joined by -`,
      hint,
    };
  }
  const path = join("runbooks", `${name}.yml`);
  const schema = join("schema", "runbook.schema.json");
  try {
    await mkdir(join(cwd, "runbooks"), { recursive: true });
    await writeFile(join(cwd, path), runbookTemplate(name), { flag: "wx" });
    if (!(await exists(join(cwd, schema)))) await writeSchema(cwd, schema, io);
  } catch (error) {
    return cannot(path, error);
  }
  io.out(
    `${path} is begun. \`runbook lint ${name}\` checks it, \`runbook run ${name} -i HOSTS -n\` tries it without a change.\n`,
  );
  return EXIT.ok;
}

async function writeSchema(cwd: string, path: string, io: Io): Promise<void> {
  await mkdir(join(cwd, "schema"), { recursive: true });
  await writeFile(join(cwd, path), runbookSchemaText(), { flag: "wx" });
  io.out(`${path} tells editors what a runbook may hold.\n`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function cannot(path: string, error: unknown): Fault {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EEXIST")
    return { kind: "usage", message: `${path} is already there`, hint: "choose another name, or edit it" };
  return { kind: "usage", message: `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}` };
}
