import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromJsonLines, type Rival } from "../rival.ts";
import { WIDTH } from "../target.ts";

/** Each host in a thread of its own, without waiting for the others between scripts: faster than Fabric's ThreadingGroup, so fairer. */
const PROGRAM = `
import json, logging, sys
from concurrent.futures import ThreadPoolExecutor
from fabric import Connection
from paramiko import RejectPolicy

logging.disable(logging.CRITICAL)
given = json.load(open("given.json"))

def visit(host):
    with Connection(host, user="root", port=given["port"], connect_kwargs={
        "key_filename": given["key"], "allow_agent": False, "look_for_keys": False, "banner_timeout": 60,
    }) as connection:
        connection.client.load_host_keys(given["known_hosts"])
        connection.client.set_missing_host_key_policy(RejectPolicy())
        out = []
        for script in given["scripts"]:
            result = connection.run(script, hide=True, warn=True, in_stream=False)
            out.append(result.stdout if result.exited == 0 else None)
    return json.dumps({"host": host, "out": out})

with ThreadPoolExecutor(given["width"]) as pool:
    for line in pool.map(visit, given["hosts"]):
        print(line)
`;

/** Fabric: a program of a few lines with one connection a host. */
export const fabric: Rival = {
  name: "fabric",
  exit: 0,
  async prepare(target, work, dir) {
    const given = {
      hosts: target.hosts.map((host) => host.address),
      port: target.port,
      key: target.key,
      known_hosts: target.knownHosts,
      width: WIDTH,
      scripts: work.map((script) => script.text),
    };
    await writeFile(join(dir, "given.json"), JSON.stringify(given));
    await writeFile(join(dir, "program.py"), PROGRAM);
    return { argv: ["/usr/bin/python3", "program.py"] };
  },
  results: async (dir) => fromJsonLines(await readFile(join(dir, "stdout"), "utf8")),
};
