import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { build, type Plugin } from "esbuild";
import { type ImportFound, importsOf } from "./imports-of.ts";

export const root = join(import.meta.dirname, "..", "..");

/** A file of src/ or functions/ by its path from the root, with what it imports. */
export type SourceFile = {
  readonly path: string;
  readonly imports: readonly ImportFound[];
  readonly hidden: readonly number[];
};

export async function readSourceFiles(): Promise<readonly SourceFile[]> {
  const paths = (await Promise.all(["src", "functions"].map(pathsBelow))).flat();
  return Promise.all(paths.map(async (path) => ({ path, ...importsOf(await readFile(join(root, path), "utf8")) })));
}

/** The files that a file imports, by their paths from the root. */
export function targetsOf({ path, imports }: SourceFile): readonly string[] {
  return imports.flatMap(({ specifier }) => (isRelative(specifier) ? resolved(path, specifier) : []));
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith(".");
}

export function resolved(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** `path specifier` for every import that esbuild sees; it does not see imports of types. */
export async function importsByBundler(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  const collect: Plugin = {
    name: "collect",
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ kind, path, importer }) => {
        if (kind === "entry-point") return undefined;
        found.push(`${posix.relative(root, importer)} ${path}`);
        return { path, external: true };
      });
    },
  };
  const entryPoints = paths.map((path) => join(root, path));
  const quiet = { write: false, logLevel: "silent" } as const;
  await build({
    entryPoints,
    bundle: true,
    format: "esm",
    platform: "node",
    outdir: "none",
    plugins: [collect],
    ...quiet,
  });
  return found;
}

/** The first circle of a graph as `a → b → a`; undefined when there is none. */
export function firstCircle(graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const walk = (node: string, way: readonly string[]): string | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node].join(" → ");
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = walk(next, [...way, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = walk(node, []);
    if (circle) return circle;
  }
  return undefined;
}

async function pathsBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => /\.[cm]?[jt]sx?$/.test(name)).map((name) => posix.join(folder, name));
}
