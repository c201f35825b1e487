import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** What a page did while it was open. */
export type Seen = {
  /** Everything that was asked of any network or disk, the page itself left out. */
  readonly requests: string[];
  /** Errors and warnings of the console, violated policies and thrown errors. */
  readonly complaints: string[];
  readonly dialogs: string[];
};

/** How a page is opened. */
export type Look = {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  readonly scripts?: boolean;
  /** Without it: screen, and print for the PDF. */
  readonly media?: "print";
};

/** One open page. */
export type Page = {
  readonly seen: Seen;
  /** The value of an expression in the page, as JSON carries it. Works where the page's own scripts are off, too. */
  evaluate(expression: string): Promise<unknown>;
  pdf(): Promise<Uint8Array>;
  screenshot(): Promise<Uint8Array>;
};

/** A real browser without a window. Ends with everything in it. */
export type Browser = AsyncDisposable & {
  open(url: string, look?: Look): Promise<Page>;
};

type Message = { id?: number; method?: string; params?: Params; result?: Params; error?: unknown; sessionId?: string };
type Params = Readonly<Record<string, unknown>>;

/** Starts Debian's Chromium and speaks its DevTools protocol over a pipe: no port, nothing to download. */
export async function startBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "runbook-browser-"));
  const child = spawn(
    "chromium",
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      `--user-data-dir=${profile}`,
      "--remote-debugging-pipe",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const ended = new Promise<void>((done) => {
    child.once("close", () => done());
    child.once("error", () => done());
  });
  const wire = wireOf(child.stdio[3] as Writable, child.stdio[4] as Readable, ended);
  return {
    open: (url, look = {}) => openPage(wire, url, look),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Wire = {
  send(method: string, params?: Params, sessionId?: string): Promise<Params>;
  listen(sessionId: string, hear: (method: string, params: Params) => void): void;
};

const GONE = "the browser has ended, or there is none: apt install chromium";

function wireOf(to: Writable, from: Readable, ended: Promise<void>): Wire {
  const waiting = new Map<number, { done: (result: Params) => void; failed: (error: Error) => void }>();
  const listeners = new Map<string, (method: string, params: Params) => void>();
  let last = 0;
  let rest = "";
  from.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\0");
    rest = parts.pop() ?? "";
    for (const part of parts) take(JSON.parse(part));
  });
  to.on("error", () => undefined);
  const take = ({ id, method, params, result, error, sessionId }: Message): void => {
    if (method !== undefined) listeners.get(sessionId ?? "")?.(method, params ?? {});
    if (id === undefined) return;
    if (error === undefined) waiting.get(id)?.done(result ?? {});
    else waiting.get(id)?.failed(new Error(JSON.stringify(error)));
    waiting.delete(id);
  };
  let over = false;
  const giveUp = (): void => {
    over = true;
    for (const { failed } of waiting.values()) failed(new Error(GONE));
  };
  void ended.then(giveUp);
  return {
    send: (method, params = {}, sessionId) =>
      new Promise((done, failed) => {
        if (over) failed(new Error(GONE));
        last += 1;
        waiting.set(last, { done, failed });
        to.write(
          `${JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`,
        );
      }),
    listen: (sessionId, hear) => void listeners.set(sessionId, hear),
  };
}

async function openPage(wire: Wire, url: string, look: Look): Promise<Page> {
  const { targetId } = await wire.send("Target.createTarget", { url: "about:blank" });
  const attached = await wire.send("Target.attachToTarget", { targetId, flatten: true });
  const session = String(attached["sessionId"]);
  const send = (method: string, params: Params = {}) => wire.send(method, params, session);
  const seen: Seen = { requests: [], complaints: [], dialogs: [] };
  const loaded = Promise.withResolvers<void>();
  wire.listen(session, (method, params) => {
    if (method === "Page.loadEventFired") loaded.resolve();
    else hear(seen, url, method, params, () => void send("Page.handleJavaScriptDialog", { accept: false }));
  });
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await send(`${domain}.enable`);
  const { width = 1280, height = 800, scheme = "light", media = "", scripts = true } = look;
  await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  await send("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] });
  if (!scripts) await send("Emulation.setScriptExecutionDisabled", { value: true });
  await send("Page.navigate", { url });
  await loaded.promise;
  return {
    seen,
    evaluate: async (expression) => {
      const answer = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
      if ("exceptionDetails" in answer) throw new Error(JSON.stringify(answer["exceptionDetails"]));
      return valueOf(answer["result"]);
    },
    pdf: async () => bytesOf(await send("Page.printToPDF", { printBackground: true })),
    screenshot: async () => bytesOf(await send("Page.captureScreenshot", { captureBeyondViewport: true })),
  };
}

function hear(seen: Seen, url: string, method: string, params: Params, close: () => void): void {
  const words = JSON.stringify(params);
  if (method === "Network.requestWillBeSent") {
    const request = params["request"];
    const asked = typeof request === "object" && request !== null && "url" in request ? String(request.url) : words;
    if (asked !== url) seen.requests.push(asked);
  }
  if (method === "Page.javascriptDialogOpening") {
    seen.dialogs.push(words);
    close();
  }
  if (method === "Log.entryAdded" || method === "Runtime.exceptionThrown" || method === "Runtime.consoleAPICalled") {
    seen.complaints.push(words);
  }
}

function valueOf(result: unknown): unknown {
  return typeof result === "object" && result !== null && "value" in result ? result.value : undefined;
}

function bytesOf(answer: Params): Uint8Array {
  return Buffer.from(String(answer["data"]), "base64");
}
