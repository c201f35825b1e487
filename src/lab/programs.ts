/** Where the stand-ins keep what they know of the practice guests. On a file system of its own: it must work when the root disk is full. */
export const XEN = "/run/practice-xen";

/**
 * A stand-in for XenServer's tapdisk. A copy of bash by the name of tapdisk reads it from its stdin, so that `ps` shows the bare
 * name, as on a real host. It opens an image and a log, can flood that log, and then waits; it serves no disk.
 */
export const TAPDISK = String.raw`
# Practice only: not XenServer's tapdisk. Variables: VHD, LOG, DOMID, FLOOD (bytes), LINE, ON_TERM, ON_HUP.
[ "$ON_TERM" = exit ] || trap '' TERM
exec 3<"$VHD" 5>>"$LOG" 6<>"${XEN}/served.$DOMID"
[ "$FLOOD" = 0 ] || yes "$LINE" 2>/dev/null | head -c "$FLOOD" >&5 2>/dev/null
[ "$ON_HUP" = exit ] || trap 'exec 5>>"$LOG"' HUP
echo "$$" > "${XEN}/tapdisk.$DOMID"
while :; do read -r _ <&6; done
`;

/**
 * A stand-in for XenServer's tapback: silent, in the foreground, accepts any domain number. The slave of a domain (-x) ends when the
 * tapdisk of that domain lets go of their pipe, as the real one ends when its domain goes.
 */
export const TAPBACK = String.raw`#!/bin/sh
# Practice only: not XenServer's tapback.
domain=master
while getopts dx: option; do
  case $option in
    x) domain=$OPTARG ;;
    d) ;;
    *) exit 64 ;;
  esac
done
pipe=${XEN}/served.$domain
[ -p "$pipe" ] || mkfifo "$pipe"
if [ "$domain" = master ]; then exec 7<>"$pipe"; else exec 7<"$pipe"; fi
while read -r _ <&7; do :; done
`;

/** Stand-ins for the read-only questions that a XenServer's tools answer: which domains there are, and what XenStore holds. */
export const XEN_TOOLS: Readonly<Record<string, string>> = {
  xe: String.raw`#!/bin/sh
# Practice only: not XenServer's xe. It is here so that this host looks like a XenServer.
echo "xe: this is a practice host; it has no pool to ask" >&2
exit 1
`,
  list_domains: String.raw`#!/bin/sh
# Practice only: not XenServer's list_domains.
echo "id |                                 uuid |  state"
cat ${XEN}/domains
`,
  "xenstore-list": String.raw`#!/bin/sh
# Practice only: not Xen's xenstore-list.
ls "${XEN}/store$1" 2>/dev/null || { echo "xenstore-list: could not list path $1" >&2; exit 1; }
`,
  "xenstore-read": String.raw`#!/bin/sh
# Practice only: not Xen's xenstore-read.
cat "${XEN}/store$1" 2>/dev/null || { echo "xenstore-read: couldn't read path $1" >&2; exit 1; }
`,
};
