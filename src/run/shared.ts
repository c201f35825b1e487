import { isFault, type Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Connection, Connector } from "./ports.ts";

const INTERRUPTED: Fault = { kind: "session", message: "interrupted before it began" };

/** The login of one host; `made` once it is known what came of it. */
type Shared = { readonly login: Promise<Connection | Fault>; made: Connection | Fault | null };

/**
 * Logins that several runs share: one a host, ended when the last of the runs that it concerns has let go of it. A host that could not be
 * logged in to is not tried again; a login that was lost is made once more by whoever needs it next.
 */
export class SharedLogins implements AsyncDisposable {
  readonly #connector: Connector;
  /** Host → the runs that have not let go of it. */
  readonly #runs: ReadonlyMap<string, Set<string>>;
  readonly #hosts = new Map<string, Shared>();
  readonly #over = new AbortController();

  /** `concerned`: host → the runs that it concerns. */
  constructor(connector: Connector, concerned: ReadonlyMap<string, Iterable<string>>) {
    this.#connector = connector;
    this.#runs = new Map([...concerned].map(([host, runs]) => [host, new Set(runs)]));
  }

  /** The logins as one of the runs has them. */
  of(run: string): Connector {
    return {
      connect: async (host, signal) => {
        const shared = this.#at(host);
        this.#runs.get(host.name)?.add(run);
        const made = await unlessAborted(shared.login, signal);
        return isFault(made) ? made : this.#lent(made, () => this.#letGo(host.name, shared, run));
      },
    };
  }

  #at(host: Host): Shared {
    const known = this.#hosts.get(host.name);
    if (known !== undefined && (known.made === null || isFault(known.made) || known.made.alive)) return known;
    const login = this.#connector.connect(host, this.#over.signal);
    const shared: Shared = { login, made: null };
    void login.then((made) => (shared.made = made)).catch(() => undefined);
    this.#hosts.set(host.name, shared);
    return shared;
  }

  #lent(made: Connection, letGo: () => Promise<void>): Connection {
    let over = false;
    return {
      identity: made.identity,
      wire: made.wire,
      get alive() {
        return !over && made.alive;
      },
      run: (script, options) => made.run(script, options),
      beside: (script, options) => made.beside(script, options),
      job: (job, options) => made.job(job, options),
      attach: (job, options) => made.attach(job, options),
      async [Symbol.asyncDispose]() {
        if (over) return;
        over = true;
        await letGo();
      },
    };
  }

  async #letGo(host: string, shared: Shared, run: string): Promise<void> {
    const runs = this.#runs.get(host);
    runs?.delete(run);
    if ((runs?.size ?? 0) > 0 || this.#hosts.get(host) !== shared) return;
    this.#hosts.delete(host);
    if (shared.made !== null && !isFault(shared.made)) await shared.made[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    const left = [...this.#hosts.values()];
    this.#hosts.clear();
    await Promise.all(
      left.map(({ login }) => login.then((made) => (isFault(made) ? undefined : made[Symbol.asyncDispose]()))),
    );
  }
}

/** What is waited for, or that it was interrupted before; listens to the signal no longer than that. */
async function unlessAborted<T>(awaited: Promise<T>, signal: AbortSignal | undefined): Promise<T | Fault> {
  if (signal === undefined) return await awaited;
  if (signal.aborted) return INTERRUPTED;
  const { promise, resolve } = Promise.withResolvers<Fault>();
  const interrupt = (): void => resolve(INTERRUPTED);
  signal.addEventListener("abort", interrupt);
  try {
    return await Promise.race([awaited, promise]);
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}
