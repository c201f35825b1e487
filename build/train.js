/** Tries the built command out on a host that this process plays, and keeps what V8 has compiled by then. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import node from "../bin/node.js";

const HERE = import.meta.dirname;

/** What is tried; each goes on with what the ones before it have left. */
const RUN = ["run", join(HERE, "training.yml"), "-i", "hosts.yml", "--dry-run", "--accept-new-host-keys"];
const TRIED = [["--help"], RUN, ["history", "show", "last"], ["history", "list"], ["lint", join(HERE, "training.yml")]];

/** Leaves `compiled` in `dist`. Where that cannot be, the command works as well, and takes a tenth of a second longer to start. */
export async function train(dist) {
  if (node === null) return;
  await mkdir(join(dist, "compiled"));
  const directory = await mkdtemp(join(tmpdir(), "runbook-build-"));
  const [host, user] = [ssh2.utils.generateKeyPairSync("ed25519"), ssh2.utils.generateKeyPairSync("ed25519")];
  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => serve(connection, user.private));
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await writeFile(join(directory, "key"), user.private, { mode: 0o600 });
    await writeFile(join(directory, "hosts.yml"), inventory(server.address().port));
    for (const argv of TRIED) await tried(argv, directory);
  } catch (error) {
    process.stderr.write(`build: the command was not tried out, so it will start slower: ${error.message}\n`);
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const inventory = (port) => `all:
  vars:
    ansible_host: 127.0.0.1
    ansible_port: ${port}
    ansible_user: root
    ansible_ssh_private_key_file: ./key
    ansible_ssh_common_args: -o UserKnownHostsFile=./known_hosts
  hosts: { "host[01:12]": }
`;

async function tried(argv, cwd) {
  const env = { PATH: process.env["PATH"], HOME: cwd, RUNBOOK_STATE: join(cwd, "state") };
  const child = spawn(node, [join(HERE, "keep.js"), ...argv], {
    cwd,
    env,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 60_000,
  });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const [exit] = await once(child, "close");
  // Problems are found on hosts that are dry.
  if (exit !== 0 && exit !== 2) throw new Error(`\`runbook ${argv.join(" ")}\` ended with ${exit}: ${said}`);
}

/** Lets in who has the key, and runs what they send as this user does. */
function serve(connection, key) {
  const allowed = ssh2.utils.parseKey(key);
  connection.on("authentication", (attempt) => {
    const theirs = attempt.method === "publickey" && attempt.key.data.equals(allowed.getPublicSSH());
    const { signature, blob, hashAlgo } = attempt;
    // Without a signature it is only asked whether the key would do. The library answers with an error where it cannot verify.
    const proven = theirs && (signature === undefined || allowed.verify(blob, signature, hashAlgo) === true);
    if (proven) attempt.accept();
    else attempt.reject(["publickey"]);
  });
  connection.on("error", () => undefined);
  connection.on("session", (accept) => {
    accept().on("exec", (agree, _refuse, { command }) => {
      const channel = agree();
      // A process group of its own, as sshd gives one: what a session leaves is ended by group.
      const child = spawn("sh", ["-c", command], { detached: true });
      channel.pipe(child.stdin).on("error", () => undefined);
      child.stdout.pipe(channel, { end: false });
      child.stderr.pipe(channel.stderr, { end: false });
      child.on("close", (code) => {
        channel.exit(code ?? 0);
        channel.end();
      });
    });
  });
}
