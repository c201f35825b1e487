import { spawn, type IPty } from "@lydell/node-pty";
import headless from "@xterm/headless";
import { withOwnMemory } from "./own-memory.ts";

/** How long a test waits for something to be seen, in ms: generous, since other things run beside it. */
const PATIENCE = 15_000;

/** The screen takes no answer to what it has just put in another card's place, in ms. */
const SEEN = 700;

/** A real pseudo-terminal with a program in it, read as a person would: by what is on the screen. */
export class Terminal implements AsyncDisposable {
  readonly #pty: IPty;
  readonly #screen: InstanceType<typeof headless.Terminal>;
  readonly #ended: Promise<number>;
  #living = true;
  /** Everything that was written, for what leaves no trace on the screen. */
  raw = "";

  constructor(
    command: string,
    args: readonly string[],
    options: { columns: number; rows: number; env?: Readonly<Record<string, string>>; cwd?: string },
  ) {
    const { columns: cols, rows } = options;
    this.#screen = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 2000 });
    const [program, ...all] = withOwnMemory([command, ...args]);
    this.#pty = spawn(program, all, {
      name: options.env?.["TERM"] ?? "xterm-256color",
      cols,
      rows,
      cwd: options.cwd ?? process.cwd(),
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TERM: "xterm-256color", ...options.env },
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#screen.write(data);
    });
    this.#ended = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.#living = false;
        resolve(signal === undefined || signal === 0 ? exitCode : 128 + signal);
      });
    });
  }

  /** The lines on the screen, without the spaces at their ends. */
  get lines(): readonly string[] {
    const buffer = this.#screen.buffer.active;
    return Array.from({ length: this.#screen.rows }, (_, row) =>
      (buffer.getLine(buffer.baseY + row)?.translateToString(true, 0, this.#screen.cols) ?? "").trimEnd(),
    );
  }

  /** Whether the second screen is on, as full-screen programs use it. */
  get alternate(): boolean {
    return this.#screen.buffer.active.type === "alternate";
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Sends the program a signal. */
  kill(signal: NodeJS.Signals): void {
    process.kill(this.#pty.pid, signal);
  }

  /** Waits until the screen holds `text`; fails with the screen as it is. */
  async see(text: string | RegExp): Promise<void> {
    await this.until(
      (lines) => lines.some((line) => (typeof text === "string" ? line.includes(text) : text.test(line))),
      String(text),
    );
  }

  /** Waits until the screen is as asked. `what` names it where it fails. */
  async until(holds: (lines: readonly string[]) => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!holds(this.lines)) {
      if (Date.now() > deadline) throw new Error(`not seen: ${what}\n${this.lines.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Waits until what is on the screen has stood there long enough for a person to have seen it: a key that comes sooner is not meant for it. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, SEEN));
  }

  /** The program's exit code (128 + the signal that ended it, as shells say it), once it has ended and all it wrote is on the screen. */
  async exit(): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`still running\n${this.lines.join("\n")}`)), PATIENCE);
    });
    const code = await Promise.race([this.#ended, late]).finally(() => clearTimeout(timer));
    await new Promise<void>((resolve) => this.#screen.write("", resolve));
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#living) this.#pty.kill("SIGKILL");
    await this.#ended;
    this.#screen.dispose();
  }
}
