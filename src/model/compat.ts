import * as z from "zod";

/** A kind of server that is too old for today's algorithms: `runbook_compat` allows it those that it needs. */
export const Compat = z.enum(["el6", "xenserver65", "el5"]);
export type Compat = z.infer<typeof Compat>;
