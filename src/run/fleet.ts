import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Connection, Connector, Ended, Job, JobEnded, Listener, Script, Sequel } from "./ports.ts";

const OVER: Fault = { kind: "session", message: "the run is over" };

/** The run's connections: one login a host, made when first needed, made again when it was lost while nothing ran on it. */
export class Fleet implements AsyncDisposable {
  readonly #connector: Connector;
  readonly #open = new Map<string, Connection>();
  /** Logins under way, each with what calls it off. */
  readonly #coming = new Map<string, { readonly login: Promise<Connection | Fault>; readonly left: AbortController }>();
  #closed = false;

  constructor(connector: Connector) {
    this.#connector = connector;
  }

  /**
   * The host's live connection, logging in where there is none; who asks meanwhile gets the same login.
   * `machineId` of an earlier login must be the same machine again.
   */
  async connect(host: Host, machineId: string | null, signal?: AbortSignal): Promise<Connection | Fault> {
    const open = this.#open.get(host.name);
    if (open?.alive === true) return open;
    if (this.#closed) return OVER;
    const coming = this.#coming.get(host.name);
    if (coming !== undefined) return coming.login;
    const left = new AbortController();
    const login = this.#login(host, machineId, left.signal, signal);
    this.#coming.set(host.name, { login, left });
    try {
      return await login;
    } finally {
      if (this.#coming.get(host.name)?.login === login) this.#coming.delete(host.name);
    }
  }

  async #login(
    host: Host,
    machineId: string | null,
    left: AbortSignal,
    signal?: AbortSignal,
  ): Promise<Connection | Fault> {
    await this.#end(host.name);
    const made = await this.#same(host, machineId, signal === undefined ? left : AbortSignal.any([left, signal]));
    if (isFault(made)) return made;
    if (left.aborted) {
      await made[Symbol.asyncDispose]();
      return OVER;
    }
    this.#open.set(host.name, made);
    return made;
  }

  /** A new login, where the same machine answers as before. */
  async #same(host: Host, machineId: string | null, signal: AbortSignal): Promise<Connection | Fault> {
    const made = await this.#connector.connect(host, signal);
    if (isFault(made) || machineId === null || made.identity.machineId === machineId) return made;
    await made[Symbol.asyncDispose]();
    return {
      kind: "host-key",
      where: host.name,
      message: `another machine answers at ${host.address}: machine id ${made.identity.machineId ?? "none"}, not ${machineId}`,
      hint: "see who has taken over its address; nothing was run there",
    };
  }

  /** Whether there is a live login on the host. */
  has(host: string): boolean {
    return this.#open.get(host)?.alive === true;
  }

  /** Runs one script on the host; a login that fails is a refusal, since nothing was sent. */
  async run(
    host: Host,
    machineId: string | null,
    script: Script,
    signal: AbortSignal,
    listen: Listener,
    sequel?: Sequel,
  ): Promise<Ended> {
    const connection = await this.connect(host, machineId, signal);
    if (isFault(connection)) return { kind: "refused", fault: connection };
    return connection.run(script, { signal, listen, sequel });
  }

  /** Starts a job on the host; a login that fails is a refusal, since nothing was sent. */
  async job(
    host: Host,
    machineId: string | null,
    job: Job,
    options: { readonly signal: AbortSignal; readonly listen: Listener },
  ): Promise<JobEnded> {
    const connection = await this.connect(host, machineId, options.signal);
    if (!isFault(connection)) return connection.job(job, options);
    return { ended: { kind: "refused", fault: connection }, read: { stdout: 0, stderr: 0 } };
  }

  /**
   * Runs one read-only script at once, beside whatever is under way on the host: on the live login, or on one of its own where the host grants that no
   * further session (MaxSessions 1).
   */
  async beside(host: Host, machineId: string | null, script: Script, signal: AbortSignal): Promise<Ended> {
    const connection = await this.connect(host, machineId, signal);
    if (isFault(connection)) return { kind: "refused", fault: connection };
    const ended = await connection.beside(script, { signal });
    if (ended.kind !== "refused" || ended.fault.kind !== "session" || signal.aborted) return ended;
    const made = await this.#same(host, machineId, signal);
    if (isFault(made)) return { kind: "refused", fault: made };
    await using another = made;
    return await another.run(script, { signal });
  }

  /** Logs out of one host; a login under way is called off. */
  async leave(host: string): Promise<void> {
    this.#coming.get(host)?.left.abort();
    this.#coming.delete(host);
    await this.#end(host);
  }

  async #end(host: string): Promise<void> {
    const open = this.#open.get(host);
    this.#open.delete(host);
    await open?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#coming.keys(), ...this.#open.keys()].map((host) => this.leave(host)));
  }
}
