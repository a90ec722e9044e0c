/**
 * The environment file of azd: `KEY="value"` on a line each, in which a double quote, a backslash, a dollar sign, a backtick and
 * an exclamation mark are escaped by a backslash, and a line end is written as \n. That is how azd writes it and reads it back.
 */

/** One line, as azd would write it. */
export function envLine(name: string, value: string): string {
  return `${name}="${value
    .replace(/[\\"$`!]/g, "\\$&")
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")}"`;
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=(.*)$/;

/** The values of such a file, by name; what is no assignment (comments, empty lines) says nothing. */
export function readEnv(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = assignment.exec(line) ?? [];
    if (name !== undefined) found.set(name, valueIn((value ?? "").trim()));
  }
  return found;
}

function valueIn(text: string): string {
  const [, double] = /^"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  if (double !== undefined) {
    return double.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one === "r" ? "\r" : one));
  }
  const [, single] = /^'([^']*)'/.exec(text) ?? [];
  return single ?? text.replace(/\s+#.*$/, "").trim();
}

/** What is different between a file and what is wanted. */
export type EnvChange = {
  readonly name: string;
  /** Null when the file does not say it yet. */
  readonly before: string | null;
  readonly after: string;
};

/** The wanted values that a file does not have. An empty one is wanted only where the file says something else. */
export function envChanges(text: string, wanted: ReadonlyMap<string, string>): readonly EnvChange[] {
  const there = readEnv(text);
  return [...wanted].flatMap(([name, after]) => {
    const before = there.get(name) ?? null;
    return before === after || (before === null && after === "") ? [] : [{ name, before, after }];
  });
}

/** The file with the changes in it: what is there keeps its place, what is new comes after it, by name. */
export function withChanges(text: string, changes: readonly EnvChange[]): string {
  const open = new Map(changes.map(({ name, after }) => [name, after]));
  const lines = text.split(/\r?\n/).map((line) => {
    const name = assignment.exec(line)?.[1];
    const after = name === undefined ? undefined : open.get(name);
    if (name === undefined || after === undefined) return line;
    return envLine(name, after);
  });
  const known = readEnv(text);
  const added = changes.filter(({ name }) => !known.has(name)).map(({ name, after }) => envLine(name, after));
  const kept = lines.join("\n").replace(/\n+$/, "");
  return [...(kept === "" ? [] : [kept]), ...added.sort()].map((line) => `${line}\n`).join("");
}

/** The changes as people read them. */
export function formatChanges(changes: readonly EnvChange[]): string {
  return changes
    .flatMap(({ name, before, after }) => [
      ...(before === null ? [] : [`  - ${envLine(name, before)}\n`]),
      `  + ${envLine(name, after)}\n`,
    ])
    .join("");
}
