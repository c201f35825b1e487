import type { Outcome } from "../../src/model/finding.ts";

/** What one step of one host has been through, since its last verified fix. */
export type Page = {
  approved: string | null;
  asked: boolean;
  started: Set<string | null>;
  running: boolean;
  lost: boolean;
  /** It goes on on its host without us. */
  job: boolean;
  /** It makes its host one that failed. */
  bad: boolean;
  rolledBack: boolean;
  end: Outcome | null;
  /** Its end holds only until the run is resumed. */
  open: boolean;
};

/** A step that nothing has happened to. */
export function blank(): Omit<Page, "end"> {
  return {
    open: false,
    approved: null,
    asked: false,
    started: new Set(),
    running: false,
    lost: false,
    job: false,
    bad: false,
    rolledBack: false,
  };
}

/** What may still run on its host, and is to be looked for. */
export const ADRIFT: Partial<Page> = { end: null, open: false, running: true, lost: false, bad: false };
