import { build } from "esbuild";
import { rm } from "node:fs/promises";

// ssh2 and React are CommonJS: they expect `require` and `__dirname`.
const commonjs = `
import { createRequire as __createRequire } from "node:module";
import { dirname as __directoryOf } from "node:path";
import { fileURLToPath as __pathOf } from "node:url";
const require = __createRequire(import.meta.url);
const __dirname = __directoryOf(__pathOf(import.meta.url));
`;

// Commander can start programs of its own, which we do not use, and loads `child_process` for it: a tenth of the time of `--help`.
const withoutSubprocesses = {
  name: "commander-without-subprocesses",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/node_modules/commander/") ? { path: "none", namespace: "none" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "export default {}" }));
  },
};

await rm("dist", { recursive: true, force: true });
await build({
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
  plugins: [withoutSubprocesses],
  banner: { js: commonjs },
  // Flat, so that paths relative to a file of ours are the same in every chunk.
  chunkNames: "[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
});
