import * as z from "zod";

/** What ails a host, as the error that its kernel gave to a program says it; `hung`: nothing there ends what waits in the kernel. */
export const Ailment = z.enum([
  "disk-full",
  "read-only",
  "no-processes",
  "no-memory",
  "no-files",
  "disk-error",
  "stale-mount",
  "hung",
]);
export type Ailment = z.infer<typeof Ailment>;
