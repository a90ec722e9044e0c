import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/**
 * Makes `dist/`: each file of functions/ as an ES module, shared code in chunks, everything of node_modules inside.
 * With host.json and package.json beside it, that is what is deployed and what the local stack runs.
 */
const root = import.meta.dirname;
const outdir = join(root, "dist", "functions");
const triggers = (await readdir(join(root, "functions"))).filter((name) => name.endsWith(".ts"));

await rm(join(root, "dist"), { recursive: true, force: true });
const result = await build({
  entryPoints: triggers.map((name) => join(root, "functions", name)),
  outdir,
  bundle: true,
  splitting: true,
  // Chunks lie beside the folder of the triggers: `main` in package.json loads each file of that folder as one.
  chunkNames: "../chunks/[name]-[hash]",
  format: "esm",
  platform: "node",
  target: "node22",
  minify: true,
  keepNames: true,
  sourcemap: "linked",
  legalComments: "none",
  metafile: true,
  // The runtime supplies it; CommonJS inside the bundle needs `require` (azure.md 4.8).
  external: ["@azure/functions-core"],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});

const files = Object.keys(result.metafile.outputs).filter((name) => name.endsWith(".js"));
const sizes = await Promise.all(files.map(async (name) => (await stat(join(root, name))).size));
const kilobytes = Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024);
process.stdout.write(`dist: ${triggers.length} entry points, ${files.length} files, ${kilobytes} KB\n`);
