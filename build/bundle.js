/** Makes `dist` from `src`: the command in a few files that load fast, and what V8 compiles of them. */
import { build, transform } from "esbuild";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { train } from "./train.js";

const DIST = join(import.meta.dirname, "..", "dist");

// Loaded and never used: Commander can start programs of its own, and ssh2 can serve as an agent of `http` and `https`.
// Without them `--help` takes a tenth less time, and a login a quarter less to load.
const UNUSED = [
  { by: "commander", filter: /^node:child_process$/ },
  { by: "ssh2", filter: /^\.\/http-agents\.js$/ },
];
const withoutUnused = {
  name: "without-unused",
  setup({ onResolve, onLoad }) {
    for (const { by, filter } of UNUSED) {
      onResolve({ filter }, ({ importer }) =>
        importer.includes(`/node_modules/${by}/`) ? { path: "none", namespace: "none" } : undefined,
      );
    }
    onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "export default {}" }));
  },
};

/** What React, which is CommonJS, finds in a module. */
const banner = `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\n`;

const { outputFiles } = await build({
  entryPoints: { main: "src/cli/main.ts" },
  outdir: DIST,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  // Optional native parts of ssh2 and Ink's developer tools: used where they are installed, never built here.
  external: ["cpu-features", "*.node", "react-devtools-core"],
  plugins: [withoutUnused],
  // Flat, so that paths relative to a file of ours are the same in every chunk.
  chunkNames: "[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
  write: false,
});

const files = outputFiles.map(({ path, text }) => ({ name: basename(path, ".js"), text }));

/** The screen stays a module: Ink's layout waits for WebAssembly where only a module can. */
const isModule = (name) => /^(?:tui|devtools)-/.test(name);
const scripts = new Set(files.map(({ name }) => name).filter((name) => !isModule(name)));

/** All others become CommonJS, which `bin/load.js` can load together with what V8 has compiled of it. */
async function written({ name, text }) {
  const linked = text.replaceAll(/(import\()?"\.\/([\w-]+)\.js"(\))?/g, (whole, call, to, end = "") => {
    if (!scripts.has(to)) return call !== undefined && !isModule(name) ? `module.${whole}` : whole;
    const file = `"./${to}.cjs"`;
    return call === undefined ? `${file}${end}` : `Promise.resolve().then(() => require(${file}))`;
  });
  if (isModule(name)) return { file: `${name}.js`, code: banner + linked };
  const { code } = await transform(linked, {
    format: "cjs",
    charset: "ascii",
    platform: "node",
    target: "node24",
    define: { "import.meta.filename": "__filename", "import.meta.dirname": "__dirname" },
  });
  return { file: `${name}.cjs`, code };
}

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST);
for (const { file, code } of await Promise.all(files.map(written))) await writeFile(join(DIST, file), code);
await train(DIST);
