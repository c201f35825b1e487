#!/bin/sh
# The main job, start to end, on practice hosts of this machine: make them sick, detect, fix what may be fixed, prove it, clean up.
# Keys of a terminal are not needed: high risk is approved here on the command line, because nothing is at stake.
set -eu
cd "$(dirname "$0")/.."

runbook() {
  echo
  echo "\$ runbook $*"
  node bin/runbook.js "$@"
}

RUNBOOK_STATE=$(mktemp -d)
export RUNBOOK_STATE
trap 'node bin/runbook.js lab down; rm -rf "$RUNBOOK_STATE"' EXIT

runbook lab up
# What is found and not fixed is exit code 2: that is what a dry run is for.
runbook run tapdisk-disk-full -i inventory/lab.yml --dry-run || [ $? -eq 2 ]
runbook run tapdisk-disk-full -i inventory/lab.yml --approve high --no-tui
echo
echo "Once more, to see that it is cured:"
runbook run tapdisk-disk-full -i inventory/lab.yml --no-tui
runbook history show last
