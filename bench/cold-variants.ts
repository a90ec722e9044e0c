import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { buildApp } from "../build-app.ts";

/** What is started cold: a folder, and which of its files hold the functions. */
export type Variant = {
  readonly name: string;
  readonly dir: string;
  readonly pattern: string;
  readonly cached: boolean;
};

const root = join(import.meta.dirname, "..");

/** The bundle as it is deployed, in a folder of its own: another build beside it changes nothing. */
export async function bundled(dir: string): Promise<Omit<Variant, "cached">> {
  await buildApp(dir);
  await writeFile(join(dir, "package.json"), JSON.stringify({ type: "module" }));
  return { name: "bundle", dir, pattern: "functions/*.js" };
}

/** The same app as `tsc` would emit it: each source file as JavaScript beside the others, packages taken from node_modules. */
export async function unbundled(dir: string): Promise<Omit<Variant, "cached">> {
  const sources = await filesBelow(["functions", "src"]);
  await build({
    entryPoints: sources.map((name) => join(root, name)),
    outdir: dir,
    outbase: root,
    bundle: true,
    packages: "external",
    plugins: [eachFileByItself],
    format: "esm",
    platform: "node",
    target: "node22",
    logLevel: "warning",
  });
  await mkdir(join(dir, "docs"), { recursive: true });
  await cp(join(root, "docs", "openapi.json"), join(dir, "docs", "openapi.json"));
  await symlink(join(root, "node_modules"), join(dir, "node_modules"));
  await writeFile(join(dir, "package.json"), JSON.stringify({ type: "module" }));
  return { name: "unbundled", dir, pattern: "functions/*.js" };
}

/** The program of one cold start, without anything that it would have to load or strip. */
export async function buildChild(outfile: string): Promise<void> {
  const entry = join(import.meta.dirname, "cold-child.ts");
  await build({ entryPoints: [entry], outfile, bundle: true, format: "esm", platform: "node", target: "node22" });
}

/** Leaves a fresh folder for the compile cache of each variant. */
export async function emptyCache(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
}

const eachFileByItself: Plugin = {
  name: "each file by itself",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path }) => ({ path: path.replace(/\.ts$/, ".js"), external: true }));
  },
};

async function filesBelow(folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const names = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
    const sources = names.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
    found.push(...sources.map((entry) => relative(root, join(entry.parentPath, entry.name))));
  }
  // The command line is no part of the app.
  return found.filter(
    (name) => !/^src\/(cli\/|link-id\/|compose-cli)/.test(name) || name.endsWith("link-identifier.ts"),
  );
}
