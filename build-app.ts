import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

/*
 * The app as it is deployed: one file that registers all functions, and chunks that are loaded when one is called.
 *
 * The worker loads the whole app before its first invocation, and each file costs. So the entry registers every function with a handler that
 * loads its file when it is called. The sources are ordinary triggers (one handler, one `app.…()` call): here that call goes into the
 * entry and the rest stays where it is. A file that cannot be read so fails the build.
 */

export type Built = {
  readonly files: number;
  readonly kilobytes: number;
  /** Of which so much is loaded to register the functions. */
  readonly atStart: number;
  /** The source files and packages' files within that. */
  readonly inputsAtStart: readonly string[];
};

const root = import.meta.dirname;
const functions = join(root, "functions");

/** Writes `functions/triggers.js` and `chunks/` below `dir`; everything of node_modules is inside. */
export async function buildApp(dir: string): Promise<Built> {
  const { metafile } = await build({
    stdin: { contents: await entry(), resolveDir: functions, sourcefile: join(functions, "triggers.ts") },
    plugins: [handlersOnly],
    entryNames: "triggers",
    outdir: join(dir, "functions"),
    bundle: true,
    splitting: true,
    // Beside the folder of the entry: `main` in package.json loads each file of that folder.
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
  return sizesOf(metafile);
}

// As the formatter leaves it: the call begins a line and ends one, and names its handler.
const call = /^app\.(?:http|timer|storageQueue|eventGrid)\("[\w-]+", \{[^;]*?\bhandler: (\w+),?\s*\}\);$/gm;

/** The call that registers what a file handles, with a handler that is loaded late; undefined for what holds for all triggers. */
export function lateRegistration(name: string, text: string): string | undefined {
  const said = [...text.matchAll(/^ *app\.(\w+)/gm)].map(([, method]) => method ?? "");
  if (said.length > 0 && said.every((method) => ["setup", "hook"].includes(method))) return undefined;
  const [[whole, handler] = []] = text.matchAll(call);
  if (said.length !== 1 || !whole || !text.includes(`export const ${handler}`))
    throw new Error(`${name} is to export one handler and to end with one call app.…("name", { …, handler: … })`);
  const late = `handler: async (...given) => (await import("./${name}")).${handler}(...given)`;
  return whole.replace(`handler: ${handler}`, late);
}

async function entry(): Promise<string> {
  const names = (await readdir(functions)).filter((name) => name.endsWith(".ts")).sort();
  const line = async (name: string) =>
    lateRegistration(name, await readFile(join(functions, name), "utf8")) ?? `import "./${name}";`;
  return ['import { app } from "@azure/functions";', ...(await Promise.all(names.map(line)))].join("\n");
}

const handlersOnly: Plugin = {
  name: "handlers without their registration",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]functions[\\/][\w-]+\.ts$/ }, async ({ path }) => {
      if (!path.startsWith(functions)) return undefined;
      const text = await readFile(path, "utf8");
      // The lines stay where they are, for the source map.
      const contents = lateRegistration(path, text) ? text.replace(call, (gone) => gone.replace(/[^\n]/g, "")) : text;
      return { contents, loader: "ts" };
    });
  },
};

function sizesOf({ outputs }: Metafile): Built {
  const files = Object.keys(outputs).filter((name) => name.endsWith(".js"));
  const kilobytes = (names: Iterable<string>) =>
    Math.round([...names].reduce((sum, name) => sum + (outputs[name]?.bytes ?? 0), 0) / 1024);
  const first = files.find((name) => name.endsWith("functions/triggers.js")) ?? "";
  const start = [...staticallyFrom(first, outputs)];
  const inputsAtStart = start.flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  return { files: files.length, kilobytes: kilobytes(files), atStart: kilobytes(start), inputsAtStart };
}

/** An output and all that is loaded with it. */
function staticallyFrom(name: string, outputs: Metafile["outputs"], seen = new Set<string>()): ReadonlySet<string> {
  const output = outputs[name];
  if (!output || seen.has(name)) return seen;
  seen.add(name);
  for (const { path, kind } of output.imports) if (kind === "import-statement") staticallyFrom(path, outputs, seen);
  return seen;
}
