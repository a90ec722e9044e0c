import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export type Registered = { readonly method: string; readonly path: string; readonly authLevel: string };

const folder = join(import.meta.dirname, "..", "..", "functions");
const registration =
  /\bapp\.http\(\s*"[\w-]+",\s*\{\s*methods: \[([^\]]+)\],\s*authLevel: "(\w+)",\s*route: "([^"]+)"/g;

/** Every HTTP route that a file of functions/ registers, as its text says it; throws where the text cannot be read. */
export async function readRoutes(): Promise<readonly Registered[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
  return (await Promise.all(names.map(routesIn))).flat();
}

async function routesIn(name: string): Promise<readonly Registered[]> {
  const text = await readFile(join(folder, name), "utf8");
  const found = [...text.matchAll(registration)];
  const calls = text.match(/\bapp\s*\.\s*(http|get|post|put|patch|deleteRequest|generic)\b/g) ?? [];
  if (found.length !== calls.length) throw new Error(`${name} registers a route in a form that this test cannot read`);
  return found.flatMap(([, methods = "", authLevel = "", route = ""]) =>
    methods.split(",").map((method) => ({ method: method.replace(/["\s]/g, ""), path: `/${route}`, authLevel })),
  );
}
