import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..", "..");
const numbers = join(root, "src", "ledger", "row-versions.ts");

/** The next version of plgate as far as storage goes: every number raised by one, with a migration that adds something. */
const nextNumbers = `
import { messageVersion as sent, migrations as before, rowVersions as today } from "todays-row-versions";
const isMap = (body) => typeof body === "object" && body !== null && !Array.isArray(body);
const grow = ({ columns, body }) => ({ columns: { ...columns, grown: true }, body: isMap(body) ? { ...body, grown: true } : body });
// Lists are held against what they are derived from, word by word: they only get the number.
const same = ({ columns, body }) => ({ columns, body });
export const messageVersion = sent + 1;
export const rowVersions = Object.fromEntries(Object.entries(today).map(([table, version]) => [table, version + 1]));
export const migrations = Object.fromEntries(
  Object.entries(before).map(([table, steps]) => [table, [...steps, table === "ledgerindex" ? same : grow]]),
);
`;

const nextVersion: Plugin = {
  name: "next-version",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^todays-row-versions$/ }, () => ({ path: numbers, namespace: "today" }));
    onLoad({ filter: /row-versions\.ts$/, namespace: "today" }, async ({ path }) => ({
      contents: await readFile(path, "utf8"),
      loader: "ts",
    }));
    onLoad({ filter: /src[\\/]ledger[\\/]row-versions\.ts$/ }, () => ({ contents: nextNumbers, loader: "js" }));
  },
};

/** What is bundled: the sources as they are, or the same with the numbers of the next version. */
export type Edition = "today" | "next";

/** An app as it is deployed, in a folder of its own. */
export async function buildApp(dir: string, edition: Edition): Promise<string> {
  const names = (await readdir(join(root, "functions"))).filter((name) => name.endsWith(".ts"));
  await mkdir(dir, { recursive: true });
  await Promise.all(["host.json", "package.json"].map((name) => copyFile(join(root, name), join(dir, name))));
  await bundle(
    names.map((name) => join(root, "functions", name)),
    join(dir, "dist", "functions"),
    edition,
  );
  return dir;
}

/** One module of the tests, with all that it imports of that edition; gives its file. */
export async function buildModule(dir: string, entry: string, edition: Edition): Promise<string> {
  await bundle([entry], dir, edition);
  return join(dir, `${entry.slice(entry.lastIndexOf("/") + 1).replace(/\.ts$/, "")}.js`);
}

async function bundle(entryPoints: readonly string[], outdir: string, edition: Edition): Promise<void> {
  await build({
    entryPoints: [...entryPoints],
    ...{ outdir, bundle: true, splitting: true, chunkNames: "../chunks/[name]-[hash]", format: "esm" },
    ...{ platform: "node", target: "node22", logLevel: "warning", external: ["@azure/functions-core"] },
    // CommonJS inside the bundle needs `require`.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    plugins: edition === "next" ? [nextVersion] : [],
  });
}
