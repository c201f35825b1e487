/** The text of a new runbook: a small one that works, with a word on every part. `name` is a slug. */
export function runbookTemplate(name: string): string {
  return `# yaml-language-server: $schema=../schema/runbook.schema.json
name: ${name}
title: A temporary directory holds old files
about: |
  What goes wrong, how it shows, and what the fix does to the host: for whoever is asked whether it may run.
tags: [disk]
# hosts: webservers         # the default host pattern; without it a run needs none: all hosts of the inventory
# become: true              # run the scripts as root

# Values that scripts get as shell variables. Users set them by --input NAME=VALUE or in the inventory.
inputs:
  directory: { type: string, default: /var/tmp/reports, pattern: "/.+", about: Directory to watch }
  max_age_days: { type: integer, default: 30, min: 1, about: Days after which a file is old }

# Short texts that are read once a host, for all scripts after them.
# facts:
#   kernel: uname -r

# Exit 0: this host is concerned. Exit 1 with a reason on stdout: it is skipped.
applies: |
  [ -d "$directory" ] || { echo "there is no $directory"; exit 1; }

# How a fleet is fixed, as it is without this: one host, then a tenth, then all; no new fix after a failure.
# rollout: { batches: [1, 10%, 100%], max_failures: 1, max_unknown: 10% }

steps:
  - id: old-files
    title: old files pile up
    severity: info          # info, warning or critical
    detect:
      # Read-only. One line per problem, nothing when healthy; anything that goes wrong is unknown, never healthy.
      run: |
        find "$directory" -xdev -type f -mtime "+$max_age_days" -printf '%p\\t%s\\n'
      findings: { file: string, size: bytes }     # the columns of a line, separated by TAB
      key: [file]                                 # what makes two findings the same one
      # confirm: { times: 3, every: 5s }          # what comes and goes by itself must be seen so often
    fix:
      risk: low             # low, medium or high: what may be approved by --approve
      summary: Remove the file
      # Read-only, shown to whoever is asked. Runs once a host, with all findings in $findings.
      preview: printf '%s\\n' "$findings"
      # Read-only, right before each fix. Anything but exit 0 puts the fix off, with stdout as the reason.
      guard: |
        [ -f "$file" ] || { echo "it is gone already"; exit 1; }
      # Once for each finding, with its columns as variables. $keep is a private directory for what a rollback needs.
      run: rm -f -- "$file"
      timeout: 30s
    # After the fix, detect runs again until what was fixed is gone.
    verify: { within: 10s }
    # When the fix or its proof failed: puts back what the fix saved in $keep.
    # rollback:
    #   run: cp -a -- "$keep/." "$directory/"
`;
}
