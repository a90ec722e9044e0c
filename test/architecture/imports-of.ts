/** One import of a source file: where it points, and in which line. */
export type ImportFound = { readonly specifier: string; readonly line: number };

export type ImportsFound = {
  readonly imports: readonly ImportFound[];
  /** Lines that load a module by a name that cannot be read off, or past `import`: such a line must not stand. */
  readonly hidden: readonly number[];
};

/*
 * TypeScript 7 has no parser to call, and a bundler drops imports of types, so the text is read. Biome holds the form:
 * declarations begin a line, strings have double quotes. What the form lets through is either found or counted as hidden.
 */
const declaration = /^(?:import|export)\b(?:[^;"'`]*?\bfrom\s*|\s*)"([^"\n]+)"/gm;
const expression = /\bimport\s*\(\s*(?:"([^"\n]+)"\s*[,)])?/g;
const backDoor = /\b(?:require|createRequire|getBuiltinModule)\s*\(/g;

/** Every import of a source text: declarations, re-exports, types, side effects, and `import()` in both its meanings. */
export function importsOf(source: string): ImportsFound {
  const text = withoutComments(source);
  const lineAt = (index: number) => text.slice(0, index).split("\n").length;
  const imports: ImportFound[] = [];
  const hidden = [...text.matchAll(backDoor)].map(({ index }) => lineAt(index));
  for (const pattern of [declaration, expression]) {
    for (const { index, 1: specifier } of text.matchAll(pattern)) {
      if (specifier === undefined) hidden.push(lineAt(index));
      else imports.push({ specifier, line: lineAt(index) });
    }
  }
  return { imports, hidden };
}

const tokens = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** The text with its comments blanked, line breaks kept. Strings are passed over whole, so that `"https://"` opens none. */
function withoutComments(source: string): string {
  return source.replace(tokens, (token) => (token.startsWith("/") ? token.replace(/[^\n]/g, " ") : token));
}
