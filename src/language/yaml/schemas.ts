import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  mergeTag,
  NOT_RESOLVED,
  Schema,
  timestampTag,
  YAML11_SCHEMA,
  type ScalarTagDefinition,
} from "js-yaml";
import { Encrypted, type Opener } from "../../model/secret.ts";

type Kind = { readonly schema: "core" | "yaml11"; readonly open?: Opener | undefined };

/** Ansible's mark of a text that is no template. */
const unsafeTag = defineScalarTag("!unsafe", { identify: () => false, resolve: (text) => text });

/** Ansible's two names for what it has encrypted. */
const vaultTags = (open: Opener): readonly ScalarTagDefinition<Encrypted>[] =>
  ["!vault", "!vault-encrypted"].map((name) =>
    defineScalarTag(name, { identify: () => false, resolve: (text) => new Encrypted(() => open(text)) }),
  );

const SCHEMAS: Readonly<Record<Kind["schema"], Schema>> = {
  core: CORE_SCHEMA.withTags(mergeTag),
  yaml11: new Schema(YAML11_SCHEMA.tags.filter((tag) => tag !== timestampTag)).withTags(
    { ...boolYaml11Tag, resolve: unlessOneLetter },
    unsafeTag,
  ),
};

/** A schema for each opener: there are few of them, and making one takes longer than reading a small file. */
const withVault = new WeakMap<Opener, Schema>();

/** The tags and types that a kind of file knows. */
export function schemaOf({ schema, open }: Kind): Schema {
  if (schema === "core" || open === undefined) return SCHEMAS[schema];
  const known = withVault.get(open) ?? SCHEMAS.yaml11.withTags(...vaultTags(open));
  withVault.set(open, known);
  return known;
}

/** YAML 1.1 calls `y` and `n` booleans, and Ansible reads them as text: they are names of hosts and keys. */
function unlessOneLetter(...[text, ...rest]: Parameters<typeof boolYaml11Tag.resolve>): boolean | typeof NOT_RESOLVED {
  return /^[yn]$/i.test(text) ? NOT_RESOLVED : boolYaml11Tag.resolve(text, ...rest);
}
