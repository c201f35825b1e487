// Loads the built command together with what V8 has compiled of it. Plain JavaScript: see `runbook.js`.
const { readFileSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

const DIST = path.join(__dirname, "../dist");

/** Where the build leaves what V8 has compiled of a file of `dist`. */
const compiledOf = (name) => path.join(DIST, "compiled", `${name}.bin`);

/**
 * Loads `dist/main.cjs`, and with each file what V8 compiled of it while the build tried the command out. Node's own compile cache knows only
 * what is compiled before any of it runs, which is the least of it. V8 itself turns down what another V8 or other flags have made; then it
 * compiles as it goes. `loaded` is told each script.
 */
function load(loaded = () => undefined) {
  // Half of these threads may ask for names: names that nobody answers for hold up no others. Set before the first of them is needed.
  process.env["UV_THREADPOOL_SIZE"] ??= "64";
  // As in the first line of `runbook.js`, where some of them have to be: what was compiled under other flags is turned down.
  for (const flag of require("./heap.js")) setFlagsFromString(flag);
  // Most runs end before code that is optimized this early has paid for it: at 10 and at 50 hosts it costs a tenth of the CPU. Set from
  // here, since as a flag in the first line it would keep a Node that does not know it from starting.
  setFlagsFromString("--invocation-count-for-maglev=2000");

  // For the screen, which is a module. Beside it and not in /tmp, where others could leave code for us.
  Module.enableCompileCache(path.join(DIST, "compiled"));
  // The files name each other by `./NAME.cjs`: there is nothing to search for, as `require` would, in a dozen calls of the system for each.
  const own = (name) => {
    if (!name.endsWith(".cjs")) return require(name);
    const filename = path.join(DIST, name);
    const known = require.cache[filename];
    if (known !== undefined) return known.exports;
    // The build writes nothing but ASCII.
    const text = Module.wrap(readFileSync(filename, "latin1"));
    const module = new Module(filename);
    Object.assign(module, { filename, import: (other) => import(pathToFileURL(path.join(DIST, other)).href) });
    // Where the screen finds it, too, which imports these files.
    require.cache[filename] = module;
    const script = new Script(text, { filename, cachedData: compiled(name) });
    script.runInThisContext().call(module.exports, module.exports, own, module, filename, DIST);
    module.loaded = true;
    loaded(name, script);
    return module.exports;
  };
  own("./main.cjs");
}

function compiled(name) {
  try {
    return readFileSync(compiledOf(name));
  } catch {
    return undefined;
  }
}

module.exports = { compiledOf, load };
