import { readYaml } from "../yaml/yaml.ts";

/** The form in which a file is read, as Ansible chooses it: by its ending, and without one by whether it can be YAML. */
export function formOf(text: string, ending: string): "yaml" | "ini" {
  if (YAML_ENDINGS.has(ending)) return "yaml";
  if (ending !== "") return "ini";
  const { yaml } = readYaml(text, { file: "", schema: "yaml11" });
  if (yaml !== undefined) return isMapping(yaml.value) ? "yaml" : "ini";
  return looksLikeYaml(text) ? "yaml" : "ini";
}

/** Endings of files in YAML or JSON. */
export const YAML_ENDINGS: ReadonlySet<string> = new Set([".yml", ".yaml", ".json"]);

/** Whether a file with a mistake in it was meant as YAML: by its first line that says something. */
function looksLikeYaml(text: string): boolean {
  const first = text.split(/\r\n|\r|\n/).find((line) => !/^\s*([#;].*)?$/.test(line)) ?? "";
  return /^(---|\{)|^["']?[\w.-]+["']?\s*:(\s|$)/.test(first);
}

function isMapping(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
