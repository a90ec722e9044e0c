import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { root } from "./source-files.ts";

/** One override of biome.json that says what the files of a room may import. */
export type BiomeRule = {
  readonly files: readonly string[];
  readonly group: readonly string[];
  readonly message: string;
};

const pattern = z.strictObject({ group: z.array(z.string()), message: z.string() });
const restriction = z.strictObject({
  level: z.literal("error"),
  options: z.strictObject({ patterns: z.tuple([pattern]) }),
});
const configuration = z.object({
  overrides: z.array(
    z.object({
      includes: z.array(z.string()),
      linter: z.object({
        rules: z.object({ style: z.object({ noRestrictedImports: restriction.optional() }).optional() }),
      }),
    }),
  ),
});

/** The rules on imports of biome.json, in its order. */
export async function readBiomeRules(): Promise<readonly BiomeRule[]> {
  const { overrides } = configuration.parse(JSON.parse(await readFile(join(root, "biome.json"), "utf8")));
  return overrides.flatMap(({ includes, linter }) => {
    const rule = linter.rules.style?.noRestrictedImports;
    return rule ? [{ files: includes, ...rule.options.patterns[0] }] : [];
  });
}
