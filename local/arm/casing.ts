import { pick, type Random } from "../seeded-random.ts";
import { isRecord } from "./shape.ts";

type Respell = (id: string) => string;

const keep: Respell = (id) => id;
const lowerGroups: Respell = (id) => id.replace(/\/resourceGroups\//g, "/resourcegroups/");
const upperGroupName: Respell = (id) =>
  id.replace(/(\/resourceGroups\/)([^/]+)/i, (_, word: string, name: string) => word + name.toUpperCase());
const lowerProvider: Respell = (id) => id.replace(/\/providers\/Microsoft\.Network\//i, (text) => text.toLowerCase());
const lowerTypes: Respell = (id) =>
  id.replace(/\/(?:privateLinkServices|privateEndpointConnections|privateEndpoints)(?=\/)/g, (text) =>
    text.toLowerCase(),
  );
const lowerAll: Respell = (id) => id.toLowerCase();

const respellings: readonly [Respell, ...Respell[]] = [
  keep,
  lowerGroups,
  upperGroupName,
  (id) => lowerGroups(lowerProvider(id)),
  (id) => lowerTypes(lowerProvider(id)),
  lowerAll,
];

const idFields = new Set(["id", "privateLinkServiceId", "privateLinkService"]);

/**
 * Rewrites the case of every resource id in a body, each on its own.
 *
 * ARM is known to spell one id differently from answer to answer (local-azure.md B.5 rule 5); an app that compares byte by byte
 * shall fail here at once. Names outside ids keep the spelling they were created in.
 */
export function withMixedCasing(body: unknown, random: Random): unknown {
  if (Array.isArray(body)) return body.map((item) => withMixedCasing(item, random));
  if (!isRecord(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      if (idFields.has(name) && typeof value === "string") return [name, respell(value, random)];
      return [name, withMixedCasing(value, random)];
    }),
  );
}

function respell(id: string, random: Random): string {
  return id.startsWith("/subscriptions/") ? pick(random, respellings)(id) : id;
}
