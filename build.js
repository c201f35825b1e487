import { build } from "esbuild";
import { mkdir, rm, writeFile } from "node:fs/promises";

// ssh2 and React are CommonJS: they expect `require` and `__dirname`. Node's own parts need no search for a file.
const commonjs = `
const require = (name) =>
  process.getBuiltinModule(name) ?? process.getBuiltinModule("module").createRequire(import.meta.url)(name);
const __dirname = import.meta.dirname;
`;

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

/**
 * Node's own parts as they are, not as modules: to import `node:fs` is to have all that it could export made, the streams too.
 * @param {string} text one of our files
 */
const withoutFacades = (text) =>
  text.replaceAll(/^import (?:\* as )?([\w$]+|\{[^}]*\}) from "(node:[^"]+)";$/gm, (_, names, name) => {
    const wanted = names.startsWith("{") ? names.replaceAll(" as ", ": ") : names;
    // A chunk may have a `process` of its own: Commander imports it by that name.
    return `const ${wanted} = globalThis.process.getBuiltinModule("${name}");`;
  });

await rm("dist", { recursive: true, force: true });
const { outputFiles } = await build({
  entryPoints: { main: "src/cli/main.ts" },
  outdir: "dist",
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
  banner: { js: commonjs },
  // Flat, so that paths relative to a file of ours are the same in every chunk.
  chunkNames: "[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
  write: false,
});
await mkdir("dist");
await Promise.all(outputFiles.map(({ path, text }) => writeFile(path, withoutFacades(text))));
