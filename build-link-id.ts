import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * Makes `lib/link-id/`: src/link-id as JavaScript with its types, and a package.json without a dependency beside it, for
 * backends that do not run TypeScript. It is what `plgate/link-id` resolves to, and a package that can be installed alone.
 */
const root = import.meta.dirname;
const outDir = join(root, "lib", "link-id");
const { name, version, license, engines } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));

await rm(outDir, { recursive: true, force: true });
const options = ["--declaration", "--strict", "--rewriteRelativeImportExtensions"];
const target = ["--target", "es2022", "--module", "nodenext", "--types", "", "--rootDir", join(root, "src", "link-id")];
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
await promisify(execFile)(process.execPath, [
  ...[compiler, join(root, "src", "link-id", "link-id.ts"), "--ignoreConfig", "--outDir", outDir],
  ...[...options, ...target],
]);
const manifest = {
  ...{ name: `${name}-link-id`, version, license, engines, type: "module", sideEffects: false },
  exports: { types: "./link-id.d.ts", default: "./link-id.js" },
};
await writeFile(join(outDir, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
