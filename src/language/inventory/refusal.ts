/** What cannot be done with a value; the texts say what, not where. */
export type Refusal = {
  readonly message: string;
  readonly hint?: string;
  /** Nothing is wrong, it is only not there yet: other hosts can be worked on, and this one is refused when it is selected. */
  readonly later?: true;
};

/** Refuses by name what Ansible or ssh could do and we cannot yet. */
export function later(what: string, hint: string): Refusal {
  return { message: `not supported yet: ${what}`, hint, later: true };
}
