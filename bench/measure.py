#!/usr/bin/python3
"""Runs one command and says what it and everything it started has cost.

    measure.py RESULT.json [--memory] -- COMMAND…

Node cannot wait for grandchildren, and tools such as Ansible leave ssh masters behind that detach themselves.
This process therefore becomes the reaper of all orphans below it, ends what is left when the command has ended, and
waits for every one of them, so that the kernel's count of children (RUSAGE_CHILDREN) is complete.

wall      seconds until the command itself ended
cpu       user + system seconds of the whole tree, leftovers included
largest   bytes of the largest single process (resident)
tree      bytes of the whole tree at its peak, shared pages counted once (PSS); only with --memory,
          since looking costs CPU that the command would otherwise have had
"""
import ctypes, json, os, resource, signal, sys, threading, time

PR_SET_CHILD_SUBREAPER = 36


def below(root):
    """Every living process below `root`."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rsplit(b")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, queue = [], [root]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def resident(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:")), 0)
    except OSError:
        return 0


def watch(stop, peak):
    while not stop.wait(0.1):
        peak[0] = max(peak[0], sum(resident(pid) for pid in below(os.getpid())))


def end_leftovers():
    """Ends what the command left behind; all of it is ours."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            left = below(os.getpid())
            if sent == signal.SIGKILL or not left:
                deadline = 0
            for pid in left:
                try:
                    os.kill(pid, sent)
                except ProcessLookupError:
                    pass
            try:
                while os.waitpid(-1, 0 if sent == signal.SIGKILL else os.WNOHANG)[0] != 0:
                    pass
            except ChildProcessError:
                return
            time.sleep(0.02)


def main():
    result, memory = sys.argv[1], "--memory" in sys.argv[2 : sys.argv.index("--")]
    command = sys.argv[sys.argv.index("--") + 1 :]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    stop, peak = threading.Event(), [0]
    watcher = threading.Thread(target=watch, args=(stop, peak), daemon=True)
    started = time.monotonic()
    main_pid = os.posix_spawnp(command[0], command, os.environ)
    if memory:
        watcher.start()
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == main_pid:
            break
    wall = time.monotonic() - started
    stop.set()
    end_leftovers()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(result, "w") as file:
        json.dump(
            {
                "wall": wall,
                "cpu": used.ru_utime + used.ru_stime,
                "largest": used.ru_maxrss * 1024,
                "tree": peak[0] if memory else None,
                "exit": os.waitstatus_to_exitcode(status),
            },
            file,
        )


main()
