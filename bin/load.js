// Loads the built command together with what V8 has compiled of it. Plain JavaScript: see `runbook.js`.
// Not imported: an import of `node:fs` makes all that it could give, the streams too.
const { readFileSync } = process.getBuiltinModule("fs");
const { createRequire, enableCompileCache, wrap } = process.getBuiltinModule("module");
const path = process.getBuiltinModule("path");
const { setFlagsFromString } = process.getBuiltinModule("v8");
const { Script, constants } = process.getBuiltinModule("vm");

/** Where the build leaves what V8 has compiled of a file of `dist`. */
export const compiledOf = (file) => path.join(path.dirname(file), "compiled", `${path.basename(file)}.bin`);

/**
 * Loads `dist/main.cjs`, and with each file what V8 compiled of it while the build tried the command out. Node's own compile cache knows only
 * what is compiled before any of it runs, which is the least of it. V8 itself turns down what another V8 or other flags have made; then it
 * compiles as it goes. `loaded` is told each script.
 */
export function load(loaded = () => undefined) {
  // Half of these threads may ask for names: names that nobody answers for hold up no others. Set before the first of them is needed.
  process.env["UV_THREADPOOL_SIZE"] ??= "64";
  // As in the first line of `runbook.js`, where some of them have to be: what was compiled under other flags is turned down.
  for (const flag of ["--max-semi-space-size=8", "--heap-growing-percent=20", "--initial-heap-size=64"]) {
    setFlagsFromString(flag);
  }
  // Most runs end before code that is optimized this early has paid for it: at 10 and at 50 hosts it costs a tenth of the CPU. Set from
  // here, since as a flag in the first line it would keep a Node that does not know it from starting.
  setFlagsFromString("--invocation-count-for-maglev=2000");

  const main = path.join(import.meta.dirname, "../dist/main.cjs");
  // For the screen, which is a module. Beside it and not in /tmp, where others could leave code for us.
  enableCompileCache(path.join(path.dirname(main), "compiled"));
  const require = createRequire(main);
  require.extensions[".cjs"] = (module, filename) => {
    const script = new Script(wrap(readFileSync(filename, "latin1")), {
      filename,
      cachedData: compiled(filename),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const own = (name) => module.require(name);
    script.runInThisContext().call(module.exports, module.exports, own, module, filename, path.dirname(filename));
    loaded(filename, script);
  };
  require(main);
}

function compiled(filename) {
  try {
    return readFileSync(compiledOf(filename));
  } catch {
    return undefined;
  }
}
