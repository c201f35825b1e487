import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Rival } from "../rival.ts";
import { WIDTH } from "../target.ts";

/** Ansible as its friends tune it: pipelining, 50 forks, no facts, and its own ControlPersist. */
export const ansible: Rival = {
  name: "ansible",
  exit: 0,
  async prepare(target, work, dir) {
    const tasks = work.map((script) => ({
      name: `${script.step} ${script.part}`,
      "ansible.builtin.shell": { cmd: script.text },
    }));
    const playbook = [{ hosts: "all", gather_facts: false, tasks }];
    await writeFile(join(dir, "playbook.yml"), JSON.stringify(playbook, null, 1));
    await mkdir(join(dir, "cp"));
    // In the working directory, so that nobody's own settings count.
    await writeFile(join(dir, "ansible.cfg"), "");
    return {
      argv: ["ansible-playbook", "-i", target.inventory, "playbook.yml"],
      env: {
        ANSIBLE_FORKS: `${WIDTH}`,
        ANSIBLE_PIPELINING: "True",
        ANSIBLE_STDOUT_CALLBACK: "minimal",
        // Short: the path of a socket has room for 108 bytes.
        ANSIBLE_SSH_CONTROL_PATH_DIR: join(dir, "cp"),
        ANSIBLE_LOCAL_TEMP: join(dir, "tmp"),
        ANSIBLE_NOCOLOR: "1",
      },
    };
  },
  async results(dir) {
    const results = new Map<string, (string | null)[]>();
    // `host | CHANGED | rc=0 >>` and then what it printed; tasks come in order.
    const blocks = (await readFile(join(dir, "stdout"), "utf8")).split(/^(?=\S+ \| [A-Z!]+)/m);
    for (const block of blocks) {
      const head = /^(\S+) \| \S+ \| rc=0 >>\n/.exec(block);
      if (head?.[1] !== undefined) results.set(head[1], [...(results.get(head[1]) ?? []), block.slice(head[0].length)]);
    }
    return results;
  },
};
