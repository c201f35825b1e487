#!/bin/sh
# The main job, start to end, on practice hosts of this machine: make them sick, detect, ask, fix, prove it, clean up.
# On a terminal you are asked; without one, high risk is approved here, because nothing is at stake.
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
# Ended by a signal, dash would leave the practice hosts where they are.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

runbook lab up
if [ -t 0 ] && [ -t 1 ]; then
  echo "Next: two of the four hosts are sick, and you will be asked about each. y says yes, ? explains the keys. Enter goes on."
  read -r _
  # Saying no is an answer too: what is found and not fixed is exit code 2.
  runbook run tapdisk-disk-full -i inventory/lab.yml || [ $? -eq 2 ]
else
  runbook run tapdisk-disk-full -i inventory/lab.yml --dry-run || [ $? -eq 2 ]
  runbook run tapdisk-disk-full -i inventory/lab.yml --approve high
fi
echo
echo "Once more, dry, to see what is left:"
runbook run tapdisk-disk-full -i inventory/lab.yml --dry-run || [ $? -eq 2 ]
runbook history list
