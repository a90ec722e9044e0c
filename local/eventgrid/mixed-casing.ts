import { pick, type Random } from "../seeded-random.ts";

/** Rewrites the case of a resource id or an operation name; two spellings mean the same thing. */
export type Spelling = { readonly id: (resourceId: string) => string; readonly word: (word: string) => string };

const asCreated: Spelling = { id: (id) => id, word: (word) => word };

const spellings: readonly [Spelling, ...Spelling[]] = [
  asCreated,
  { id: (id) => id.replace("/resourceGroups/", "/resourcegroups/"), word: (word) => word },
  { id: lowerCaseTypes, word: (word) => word.toLowerCase() },
  { id: (id) => id.toLowerCase(), word: (word) => word.toLowerCase() },
];

/**
 * A spelling for one event, drawn at random when the switch is on.
 *
 * `resourcegroups` is in Azure's own sample events; lower-cased types and names are known from other answers of Azure
 * (azure.md 1.3, local-azure.md B.5 rule 5). Whoever compares byte by byte shall notice here first.
 */
export function drawSpelling(mixedCasing: boolean, random: Random): Spelling {
  return mixedCasing ? pick(random, spellings) : asCreated;
}

/** `/subscriptions/s/resourceGroups/rg/providers/NAMESPACE/TYPE/name/TYPE/name`: lowers what is in capitals here. */
function lowerCaseTypes(id: string): string {
  const isType = (index: number) => index === 6 || (index > 6 && index % 2 === 1);
  return id
    .split("/")
    .map((segment, index) => (isType(index) ? segment.toLowerCase() : segment))
    .join("/");
}
