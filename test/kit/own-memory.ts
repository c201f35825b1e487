/**
 * A command and its arguments as they are started so that this machine is a host of its own for them: what it keeps in /dev/shm (locks, above
 * all) is in `directory`, or in memory of this process alone. Else tests that fix things at the same time would keep each other out. Without
 * root they do.
 */
export function withOwnMemory(
  [command, ...args]: readonly [string, ...string[]],
  directory?: string,
): readonly [string, ...string[]] {
  if (process.getuid?.() !== 0) return [command, ...args];
  const mount =
    directory === undefined ? "mount -t tmpfs -o mode=1777 own /dev/shm" : `mount --bind '${directory}' /dev/shm`;
  return ["unshare", "-m", "--propagation", "slave", "sh", "-c", `${mount} && exec "$@"`, "sh", command, ...args];
}
