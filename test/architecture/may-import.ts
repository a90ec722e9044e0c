/**
 * Who may import whom: the table of docs/architecture.md as data. What is not named is forbidden.
 *
 * The keys are rooms: a folder of src/, `functions/`, or a file that stands alone. Among the values, names with a slash
 * are below src/: a whole folder, or one file. The rest are packages, `/*` standing for all of a scope.
 * Files of one folder may import each other; triggers may not.
 */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  "connection/": [],
  "link-id/": [],
  "words/": [],
  "policy/": ["connection/", "yaml", "node:crypto"],
  "decision/": ["connection/", "policy/"],
  "requests/": ["connection/", "policy/", "decision/", "node:crypto"],
  "ledger/": ["connection/", "decision/", "requests/", "node:crypto"],
  "workflow/": [
    "connection/",
    "policy/",
    "decision/",
    "requests/",
    "ledger/",
    "runtime/errors.ts",
    "runtime/log.ts",
    "runtime/telemetry.ts",
    "words/language.ts",
    "node:crypto",
  ],
  "intake/": ["connection/", "policy/", "decision/", "requests/", "ledger/", "link-id/link-identifier.ts", "zod"],
  "azure/": [
    "workflow/ports.ts",
    "workflow/audit-ports.ts",
    "connection/",
    "link-id/link-identifier.ts",
    "policy/",
    "decision/",
    "requests/",
    "ledger/",
    "runtime/",
    "@azure/*",
    "zod",
    "node:crypto",
    "node:timers/promises",
    "node:tls",
  ],
  "teams/": [
    "workflow/ports.ts",
    "connection/",
    "policy/evaluate.ts",
    "decision/",
    "requests/",
    "runtime/",
    "words/",
    "jose",
    "zod",
  ],
  "console/": [
    "workflow/ports.ts",
    "connection/",
    "policy/evaluate.ts",
    "decision/",
    "requests/",
    "ledger/",
    "words/",
    "node:crypto",
  ],
  "http/": [
    "workflow/",
    "ledger/",
    "intake/",
    "runtime/",
    "words/",
    "console/",
    "@azure/functions",
    "jose",
    "node:diagnostics_channel",
    "node:http",
    "node:stream/web",
  ],
  "runtime/": ["zod"],
  "telemetry/": ["runtime/", "@opentelemetry/*", "@azure/monitor-opentelemetry-exporter", "node:crypto"],
  "compose.ts": [
    "connection/",
    "policy/",
    "decision/",
    "requests/",
    "ledger/",
    "workflow/",
    "intake/",
    "azure/",
    "teams/",
    "console/",
    "http/",
    "runtime/",
    "telemetry/",
    "words/",
  ],
  "open-app.ts": ["compose.ts"],
  "compose-cli.ts": ["azure/", "runtime/", "workflow/audit-ports.ts"],
  "cli/": [
    "compose-cli.ts",
    "workflow/",
    "intake/",
    "policy/",
    "ledger/",
    "runtime/",
    "node:util",
    "node:fs",
    "node:readline/promises",
  ],
  "functions/": [
    "open-app.ts",
    "workflow/",
    "intake/",
    "http/",
    "console/",
    "runtime/",
    "words/",
    "connection/arm-id.ts",
    "requests/request-id.ts",
    "../docs/openapi.json",
    "@azure/functions",
  ],
};

/** Rooms that have their rule already. Whoever moves in strikes the name out here. */
export const notYetThere: readonly string[] = [];

/** Whether a file, by its path from the root, or a package may be imported from a room. */
export function isAllowed(room: string, target: { readonly path: string } | { readonly package: string }): boolean {
  const allowed = mayImport[room] ?? [];
  if ("package" in target) return allowed.some((name) => isOf(target.package, name));
  const name = nameOf(target.path);
  if (room !== "functions/" && name.startsWith(room)) return true;
  return allowed.some((one) => (one.endsWith("/") ? name.startsWith(one) : name === one));
}

/** `src/policy/parse.ts` lies in the room `policy/`; `src/compose.ts` is a room of its own. */
export function roomOf(path: string): string {
  const [top = "", second = "", ...rest] = path.split("/");
  if (top !== "src") return `${top}/`;
  return rest.length > 0 ? `${second}/` : second;
}

/** Which files a room's rule in biome.json is for. */
export function filesOf(room: string): string {
  const place = room === "functions/" ? room : `src/${room}`;
  return place.endsWith("/") ? `${place}**` : place;
}

/** The room's row as Biome has to be told: everything is forbidden, but. */
export function groupOf(room: string): readonly string[] {
  const up = room === "functions/" ? "../src/" : room.endsWith("/") ? "../" : "./";
  const own = room.endsWith("/") && room !== "functions/" ? ["!./**"] : [];
  const but = (mayImport[room] ?? []).map((name) => {
    if (name.endsWith("/*")) return `!${name}*`;
    if (name.startsWith("../")) return `!${name}`;
    if (!isBelowSource(name)) return `!${name}`;
    return name.endsWith("/") ? `!${up}${name}**` : `!${up}${name}`;
  });
  return ["**", ...own, ...but];
}

function isOf(specifier: string, name: string): boolean {
  return name.endsWith("/*") ? specifier.startsWith(name.slice(0, -1)) : specifier === name;
}

function isBelowSource(name: string): boolean {
  return name.endsWith("/") || name.endsWith(".ts");
}

/** The name of a file in the table: below src/ by its path there, elsewhere by the way from src/. */
function nameOf(path: string): string {
  return path.startsWith("src/") ? path.slice("src/".length) : `../${path}`;
}
