/** Whether a name fits a glob, in which `*` stands for any letters and `?` for one. Takes no longer than both are long, whatever the glob. */
export function fitsGlob(glob: string, name: string): boolean {
  let [at, from] = [0, 0];
  // Where to go on should what follows the last `*` not fit: it then takes one letter more.
  let star = -1;
  let taken = 0;
  while (from < name.length) {
    const sign = glob[at];
    if (sign === "*") {
      star = at;
      taken = from;
      at += 1;
    } else if (sign !== undefined && (sign === "?" || sign === name[from])) {
      at += 1;
      from += 1;
    } else if (star === -1) return false;
    else {
      taken += 1;
      from = taken;
      at = star + 1;
    }
  }
  return /^\**$/.test(glob.slice(at));
}
