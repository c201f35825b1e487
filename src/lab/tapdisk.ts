import { quote } from "../script/quote.ts";
import type { PracticeHost } from "./host.ts";
import { TAPBACK, TAPDISK, XEN, XEN_TOOLS } from "./programs.ts";

/** A practice guest's disk: the process that serves it, its log, and what becomes of them. */
export type Tapdisk = {
  /** The guest's domain number. */
  readonly domid: number;
  /** Absolute path of the log. */
  readonly log: string;
  /** Bytes of "watchdog timeout" lines written into the log; more than the disk holds fills it. */
  readonly flood: number;
  /** Log rotation has deleted the log. */
  readonly deleted: boolean;
  /** The hypervisor still runs the guest. */
  readonly running: boolean;
  readonly onTerm: "exit" | "ignore";
  readonly onHup: "exit" | "reopen";
};

/** Where XenServer keeps the logs of tapdisk. */
export const LOG_DIRECTORY = "/var/log/blktap";

const DOMAINS = `${XEN}/domains`;
const STORAGE = "9d05ede0-4cd6-6dd0-4263-f8dbe2949580";

/** The id of the disk image that the tapdisk of a domain serves. */
export function imageOf(domid: number): string {
  return `2e957900-09c5-4e8d-9ba1-${String(domid).padStart(12, "0")}`;
}

/** Puts the stand-ins for XenServer's programs on a host and starts the master of the tapbacks. */
export async function installXen(host: PracticeHost): Promise<void> {
  await host.write("/usr/local/lib/tapdisk", TAPDISK);
  await host.write("/usr/local/sbin/tapback", TAPBACK, 0o755);
  for (const [name, program] of Object.entries(XEN_TOOLS)) await host.write(`/usr/local/bin/${name}`, program, 0o755);
  await host.must(`
    cp -L /bin/bash /usr/local/sbin/tapdisk
    mkdir -p ${XEN}/store ${LOG_DIRECTORY}
    echo " 0 | 00000000-0000-0000-0000-000000000000 |     R  " > ${DOMAINS}
    setsid tapback -d </dev/null >/dev/null 2>&1 &`);
}

/** Starts a tapdisk with its tapback, and gives its pid as the host counts. */
export async function startTapdisk(host: PracticeHost, disk: Tapdisk): Promise<number> {
  const vhd = `/run/sr-mount/${STORAGE}/${imageOf(disk.domid)}.vhd`;
  const line = `Aug 21 17:55:06: [17:55:06.597] tapdisk_vbd_check_progress: vhd:${vhd}: watchdog timeout: pending requests idle for 60 seconds`;
  const state = disk.running ? "  B H" : " D  H";
  const device = `${XEN}/store/local/domain/0/backend/vbd3/${disk.domid}/51712`;
  const pid = await host.must(`
    log=${quote(disk.log)}
    mkdir -p "$(dirname "$log")" "$(dirname ${vhd})" ${device}
    echo conectix > ${vhd}
    printf '/dev/sm/backend/%s/%s' ${STORAGE} ${imageOf(disk.domid)} > ${device}/params
    echo "${disk.domid} | ${imageOf(disk.domid)} | ${state}" >> ${DOMAINS}
    mkfifo ${XEN}/served.${disk.domid}
    VHD=${vhd} LOG=$log DOMID=${disk.domid} FLOOD=${disk.flood} LINE='${line}' ON_TERM=${disk.onTerm} ON_HUP=${disk.onHup} \\
      setsid tapdisk < /usr/local/lib/tapdisk >/dev/null 2>&1 &
    while [ ! -s ${XEN}/tapdisk.${disk.domid} ]; do sleep 0.05; done
    setsid tapback -d -x ${disk.domid} </dev/null >/dev/null 2>&1 &
    ${disk.deleted ? 'rm "$log"' : ":"}
    cat ${XEN}/tapdisk.${disk.domid}`);
  return Number(pid);
}

/** Fills what is left of the root disk with one file that is still there: full, but not by any tapdisk. */
export async function fillDisk(host: PracticeHost, path: string): Promise<void> {
  await host.must(`mkdir -p "$(dirname ${quote(path)})"; cat /dev/zero > ${quote(path)} 2>/dev/null || :`);
}
