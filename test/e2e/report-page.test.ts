import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Entry } from "../../src/model/event.ts";
import { documentOf } from "../../src/report/fold.ts";
import { healthHtml } from "../../src/report/health-html.ts";
import { htmlOf } from "../../src/report/html.ts";
import { OUTCOME_LOOK } from "../../src/view/words.ts";
import { startBrowser, type Browser, type Look, type Page } from "../kit/browser.ts";
import { everyOutcome, fleetStory } from "../kit/fleet-story.ts";
import { someHealth } from "../kit/health.ts";
import { HOSTILE, runSaying } from "../kit/hostile.ts";

/** Texts of the page whose contrast with what is behind them is below 4.5, with the contrast. */
const FAINT = `(() => {
  const rgba = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
      if (colour[3] !== 0) throw new Error("half transparent");
    }
    throw new Error("no ground");
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || !element.checkVisibility() || element.closest("script,style")) continue;
    seen += 1;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push([walker.currentNode.data.slice(0, 30), contrast.toFixed(2)]);
  }
  return { seen, faint };
})()`;

const ROWS = "[...document.querySelectorAll('.map tbody tr')].filter((row) => row.checkVisibility())";
const names = `${ROWS}.map((row) => row.querySelector('th').textContent)`;

describe("the HTML report in a real browser", { timeout: 120_000 }, () => {
  let browser: Browser;
  const directory = mkdtempSync(join(tmpdir(), "runbook-page-"));
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  let files = 0;
  async function open(entries: readonly Entry[], look: Look = {}): Promise<Page> {
    const document = documentOf(entries);
    if (document === null) throw new Error("no document");
    files += 1;
    const file = join(directory, `${files}.html`);
    writeFileSync(file, htmlOf(document));
    return browser.open(pathToFileURL(file).href, look);
  }

  it("tells a check with enough contrast in both themes, finds its hosts, and asks nothing of any network", async () => {
    const file = join(directory, "check.html");
    const health = someHealth();
    writeFileSync(file, healthHtml(health));
    for (const scheme of ["light", "dark"] as const) {
      const page = await browser.open(pathToFileURL(file).href, { scheme });
      expect(page.seen).toEqual({ requests: [], complaints: [], dialogs: [] });
      expect(await page.evaluate(FAINT)).toEqual({ seen: expect.any(Number), faint: [] });
    }
    const page = await browser.open(pathToFileURL(file).href);
    expect(await page.evaluate(names)).toEqual(["web1", "db1", "web2", "db2"]);
    await page.evaluate("document.getElementById('only-unknown').click()");
    expect(await page.evaluate(names)).toEqual(["db1", "web2"]);
    await page.evaluate("document.getElementById('only-any').click()");
    await page.evaluate(
      "(() => { const box = document.getElementById('find'); box.value = 'db2'; box.dispatchEvent(new Event('input')); })()",
    );
    expect(await page.evaluate(names)).toEqual(["db2"]);
  });

  it("asks nothing of any network and has nothing to complain about", async () => {
    const page = await open(fleetStory(40));
    expect(page.seen).toEqual({ requests: [], complaints: [], dialogs: [] });
    expect(await page.evaluate("document.title")).toBe("The disk is full of a deleted log: rolled back");
  });

  it("is told of requests, dialogs and broken policies where there are some", async () => {
    const file = join(directory, "bad.html");
    const policy = `<meta http-equiv="Content-Security-Policy" content="img-src 'none'">`;
    writeFileSync(
      file,
      `${policy}<script>alert(1)</script><img src="http://192.0.2.1/x"><script src="gone.js"></script>`,
    );
    const page = await browser.open(pathToFileURL(file).href);
    expect(page.seen.dialogs).toHaveLength(1);
    expect(page.seen.requests).not.toEqual([]);
    expect(page.seen.complaints).not.toEqual([]);
  });

  it.each(Object.entries(HOSTILE))("shows %s as text and does nothing of what it says", async (_, text) => {
    const page = await open(runSaying(`x${text}x`));
    expect(page.seen).toEqual({ requests: [], complaints: [], dialogs: [] });
    expect(await page.evaluate("document.querySelectorAll('img,svg,iframe,base,link,object,embed').length")).toBe(0);
    expect(await page.evaluate("document.querySelectorAll('script').length")).toBe(1);
    const hrefs = await page.evaluate(
      "[...document.querySelectorAll('a')].every((a) => a.getAttribute('href')[0] === '#')",
    );
    expect(hrefs).toBe(true);
    expect(
      await page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames()).filter((n) => /^on|^style$/.test(n)).length",
      ),
    ).toBe(0);
  });

  it("would not run a script even if one got in", async () => {
    const document = documentOf(fleetStory(4));
    const file = join(directory, "injected.html");
    const html = document === null ? "" : htmlOf(document);
    writeFileSync(file, html.replace("<main>", '<main><script>alert(1)</script><img src="x" onerror="alert(2)">'));
    const page = await browser.open(pathToFileURL(file).href);
    expect(page.seen.dialogs).toEqual([]);
    expect(page.seen.complaints.length).toBeGreaterThan(0);
  });

  it.each(["light", "dark"] as const)("has a contrast of 4.5 for every text in %s", async (scheme) => {
    const page = await open(fleetStory(40), { scheme });
    await page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })");
    await page.evaluate("document.getElementById('every').click()");
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(ground).toBe(scheme === "light" ? "rgb(251, 251, 249)" : "rgb(20, 23, 26)");
    expect(await page.evaluate(FAINT)).toEqual({ seen: expect.any(Number), faint: [] });
  });

  it.each(["light", "dark"] as const)("tells all nine outcomes apart in %s, by word and sign too", async (scheme) => {
    const page = await open(everyOutcome(), { scheme });
    const words = await page.evaluate(`${ROWS}.map((row) => row.querySelector('td').textContent.trim())`);
    expect(words).toEqual(Object.values(OUTCOME_LOOK).map(({ sign, word }) => `${sign} ${word}`));
    expect(await page.evaluate(FAINT)).toEqual({ seen: expect.any(Number), faint: [] });
    for (const outcome of Object.keys(OUTCOME_LOOK)) {
      await page.evaluate(`document.getElementById('only-${outcome}').click()`);
      expect(await page.evaluate(names)).toEqual([`host-${outcome}`]);
    }
  });

  it("can be read in full without its script", async () => {
    const page = await open(fleetStory(40), { scripts: false });
    expect(await page.evaluate(`${ROWS}.length`)).toBe(40);
    expect(await page.evaluate("document.getElementById('find').checkVisibility()")).toBe(false);
    await page.evaluate("document.getElementById('only-rolled-back').click()");
    expect(await page.evaluate(names)).toEqual(["web0009.example.com", "web0033.example.com"]);
    await page.evaluate("document.querySelector('details:not([open]) summary').click()");
    expect(await page.evaluate("document.querySelector('#findings details .body').checkVisibility()")).toBe(true);
  });

  it("finds hosts by what is written in the field", async () => {
    const page = await open(fleetStory(40));
    const find = (text: string) =>
      page.evaluate(`(() => { const box = document.getElementById('find'); box.value = ${JSON.stringify(text)};
        box.dispatchEvent(new Event('input')); })()`);
    await find("WEB0009");
    expect(await page.evaluate(names)).toEqual(["web0009.example.com"]);
    expect(await page.evaluate("document.getElementById('found').textContent")).toBe("1 host");
    await find("");
    expect(await page.evaluate(`${ROWS}.length`)).toBe(40);
  });

  it("hides quiet events until they are asked for", async () => {
    const page = await open(fleetStory(40), { scripts: false });
    const shown = "[...document.querySelectorAll('.events tbody tr')].filter((row) => row.checkVisibility()).length";
    const before = await page.evaluate(shown);
    await page.evaluate("document.getElementById('every').click()");
    expect(await page.evaluate(shown)).toBe(fleetStory(40).length);
    expect(before).toBeLessThan(fleetStory(40).length);
  });

  it.each([320, 390, 1280, 2560])("fits a screen of %i pixels without scrolling sideways", async (width) => {
    const page = await open(fleetStory(40), { width });
    expect(await page.evaluate("innerWidth")).toBe(width);
    expect(await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")).toBe(
      true,
    );
  });

  it("has its parts where a screen reader looks for them", async () => {
    const page = await open(fleetStory(12));
    const levels = await page.evaluate(
      "[...document.querySelectorAll('h1,h2,h3,h4,h5')].map((h) => Number(h.tagName[1]))",
    );
    const jumps = Array.isArray(levels) ? levels.filter((level, at) => at > 0 && level > levels[at - 1] + 1) : ["none"];
    expect(jumps).toEqual([]);
    const lonely =
      "[...document.querySelectorAll('table')].filter((t) => !t.querySelector('thead th[scope=col]')).length";
    expect(await page.evaluate(lonely)).toBe(0);
    const unnamed =
      "[...document.querySelectorAll('[tabindex],nav,section')].filter((e) => !e.ariaLabel && !e.getAttribute('aria-labelledby')).length";
    expect(await page.evaluate(unnamed)).toBe(0);
    expect(await page.evaluate("document.documentElement.lang")).toBe("en");
    expect(
      await page.evaluate("['header', 'nav', 'main', 'footer'].map((n) => document.querySelectorAll(n).length)"),
    ).toEqual([1, 1, 1, 1]);
    const dead = "[...document.querySelectorAll('a')].filter((a) => !document.getElementById(a.hash.slice(1))).length";
    expect(await page.evaluate(dead)).toBe(0);
    const ids =
      "(() => { const ids = [...document.querySelectorAll('[id]')].map((e) => e.id); return ids.length - new Set(ids).size; })()";
    expect(await page.evaluate(ids)).toBe(0);
  });

  it.each([true, false])(
    "prints everything that is closed, scrolled away or filtered (scripts: %s)",
    async (scripts) => {
      const page = await open(fleetStory(40), { scripts });
      await page.evaluate("document.getElementById('only-fixed').click()");
      const file = join(directory, `print-${scripts}.pdf`);
      writeFileSync(file, await page.pdf());
      const text = execFileSync("pdftotext", ["-layout", file, "-"]).toString();
      for (let host = 1; host <= 40; host += 1)
        expect(text).toContain(`web${String(host).padStart(4, "0")}.example.com`);
      for (const said of [
        "hello from the functions",
        'kill "$pid"',
        "released it",
        "put back",
        "logged in",
        "grace@example.com",
      ]) {
        expect(text).toContain(said);
      }
      expect(text).not.toContain("Show hosts:");
    },
  );

  it("shows a thousand hosts", async () => {
    const page = await open(fleetStory(1000));
    expect(page.seen).toEqual({ requests: [], complaints: [], dialogs: [] });
    expect(await page.evaluate(`${ROWS}.length`)).toBe(1000);
    expect(await page.evaluate("document.querySelector('.map tbody td').textContent.trim()")).toBe("↶ rolled back");
    const most = "document.querySelector('.tall').getBoundingClientRect().height <= innerHeight";
    expect(await page.evaluate(most)).toBe(true);
  });
});
