import * as z from "zod";

/** The file that a schema is in, and what it tells whoever reads it there. */
type About = { readonly $id: string; readonly title: string; readonly description: string };

/** The JSON Schema of a kind of file as a text, for editors. */
export function schemaText(file: z.ZodType, about: About): string {
  const { $schema, ...schema } = z.toJSONSchema(file, {
    io: "input",
    override: ({ jsonSchema }) => withoutNoise(jsonSchema),
  });
  return `${JSON.stringify({ $schema, ...about, ...schema }, null, 2)}\n`;
}

/** That a whole number is one that a computer can hold says nothing to a person. */
function withoutNoise(schema: { minimum?: number; maximum?: number }): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}
