import type { Plain, Scene } from "./keys.ts";
import type { Ui } from "./ui.ts";

/** A key that moves the cursor or scrolls. */
export type Move = { readonly kind: "up" | "down" | "page-up" | "page-down" | "home" | "end" };

/** The arrows move the cursor in the list; where there is nothing to move among they scroll, as the other keys do for approvals. */
export function moved(ui: Ui, key: Move, scene: Scene): Ui {
  const { sight } = scene;
  if (sight === null) return ui;
  if (sight.focus === "hosts") {
    const hosts = sight.roster.rows.map(({ host }) => host.host);
    const at = placeOf(hosts, ui.host, sight.host?.host);
    return { ...ui, focus: "hosts", host: hosts[step(at, hosts.length - 1, key, scene.listPage)] ?? ui.host };
  }
  const arrows = key.kind === "up" || key.kind === "down";
  if (!arrows || sight.entries.length < 2 || sight.table) return scrolled(ui, key, scene);
  const keys = sight.entries.map((entry) => entry.key);
  const at = placeOf(keys, ui.entry, sight.entry?.key);
  return { ...ui, entry: keys[step(at, keys.length - 1, key, 1)] ?? ui.entry };
}

/** Where the cursor is by now: of several keys that come at once, each goes on from the one before; else where it is on the screen. */
function placeOf(all: readonly string[], now: string | null, drawn = ""): number {
  const at = now === null ? -1 : all.indexOf(now);
  return at === -1 ? all.indexOf(drawn) : at;
}

/** The pane further up or down. What grows is followed again once its end is reached. */
export function scrolled(ui: Ui, key: Plain, scene: Scene): Ui {
  switch (key.kind) {
    case "up":
    case "down":
    case "page-up":
    case "page-down":
    case "home":
    case "end": {
      const top = step(Math.min(ui.scroll ?? scene.top, scene.last), scene.last, key, scene.page);
      return { ...ui, scroll: scene.follows && top === scene.last ? null : top };
    }
    case "text":
    case "paste":
    case "left":
    case "right":
    case "enter":
    case "escape":
    case "backspace":
    case "tab":
      return ui;
  }
}

function step(from: number, last: number, key: Move, page: number): number {
  const by = { up: -1, down: 1, "page-up": -page, "page-down": page, home: -Infinity, end: Infinity };
  return Math.max(0, Math.min(last, from + by[key.kind]));
}
