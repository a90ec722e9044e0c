import { code, table } from "./reference-table.ts";
import { policySchema } from "./schema.ts";
import { driftMap, escalationSchema, reviewerSchema } from "./schema-review.ts";
import type { JsonSchema } from "./schema-values.ts";

/** The fields of each part of a policy, as the schema for editors has them. */
export function fieldSections(): readonly string[] {
  const schema = policySchema();
  const definitions = part(schema, "definitions");
  return [
    fields(schema),
    "### A rule",
    fields(part(definitions, "rule")),
    "### A review",
    fields(part(definitions, "review")),
    "### The escalation of a review",
    fields(escalationSchema),
    "### Drift",
    "`drift: revoke` is short for `drift: { do: revoke }`.",
    fields(driftMap),
    "### A reviewer",
    fields(reviewerSchema),
    "### An exemption",
    fields(part(definitions, "exemption")),
    "### A window",
    "Weekly hours, or a range:",
    ...windowKinds(schema).map(fields),
  ];
}

function windowKinds(schema: JsonSchema): readonly JsonSchema[] {
  const kinds = part(part(part(schema, "properties"), "windows"), "additionalProperties")["anyOf"];
  return Array.isArray(kinds) ? kinds.filter(isObject) : [];
}

function fields(schema: JsonSchema): string {
  const required = schema["required"];
  const needed = (field: string) => (Array.isArray(required) && required.includes(field) ? "yes" : "");
  const rows = Object.entries(part(schema, "properties")).map(([field, one]) => {
    const description = isObject(one) ? one["description"] : "";
    return [code(field), needed(field), String(description)];
  });
  return table(["field", "required", "what it is"], rows);
}

function part(schema: JsonSchema, key: string): JsonSchema {
  const found = schema[key];
  return isObject(found) ? found : {};
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const driftProcedure = `What ARM shows and what plgate decided may come apart: a connection is Approved without plgate's decision, or the policies in force
would not approve it any more. What the policies whose \`match\` covers the service say under \`drift\` is done then:

- **record**: it is put on record and told once. This is what happens where no policy says anything.
- **escalate**: people are asked whether the connection stays, too. It stays while they think, and when nobody answers.
- **revoke**: the intention is put on record and people are shown it. When the \`grace\` is over the connection is taken away, unless
  one of them kept it; they may also end it at once. Only for certain: where a fact was not available, or an approval does not fit any
  more without a reject rule that holds, people are asked instead. At one service at most ten connections are about to be taken away
  at a time.

- Of several policies that cover the service those count that say something. If they say the same, it is done; if they differ, people
  are asked. A policy of which nobody can tell whether it covers the service asks at most.
- The longest \`grace\` counts, and the people of all policies that want them are asked: \`drift.review\`, or the policy's \`defaultReview\`
  as a whole, or the fallback group.
- Auto-approval that is switched on, a service that everybody can see, and a connection that somebody rejected or removed beside plgate
  are recorded whatever a policy says: there is nothing to take back.`;

export const howToRead = `A map is AND: all of its lines must hold. \`anyOf\` takes a list of maps of which one is enough, \`not\` a map that must not
hold; both may stand inside each other.

\`\`\`yaml
when:
  consumer.tier: gold # equals
  endpoint.region: [westeurope, northeurope] # in: one of them
  consumer.connectionsOnService: { atLeast: 1, lessThan: 5 } # all of these operators
  anyOf:
    - { consumer.tags.team: sre }
    - { consumer.tags.team: platform }
  not: { history.rejectedBefore: true }
\`\`\`

An empty map, list or \`anyOf\` is an error, and so are anchors, aliases, tags and keys that stand twice. Scalars follow YAML 1.2. A
date without time is 00:00:00Z of that day.`;

export const decisionProcedure = `A rule's condition is \`match\` AND \`when\`; whichever is missing holds. Over the rules of all policies in force, in mode \`enforce\`
and not exempt:

1. a reject rule holds: **reject**
2. else a review rule holds, or a reject or review rule cannot be told: **review**, naming the facts that were unavailable
3. else an approve rule holds: **approve**
4. else: **review**, decided by \`default\`

- The order of rules, policies, lists and keys never matters, and an approve rule never beats a reject rule.
- No policy in force, one that cannot be read, an error, an evaluation that costs too much: **review**. Only a reject rule that
  certainly holds rejects.
- **Who is asked**: the groups of all rules that led to the review, each with its highest count; a rule without \`review\` brings its
  policy's \`defaultReview\`. By \`default\`: the \`defaultReview\` of the policies whose \`match\` holds or cannot be told. When none is
  named: the fallback group of the app's configuration. Each group must supply that many different people; one vote to reject ends it.
- **How people are asked**: the terms of all rules that led to the review together, or by \`default\` those of the same policies'
  \`defaultReview\`. A rule's \`review\` stands in the place of \`defaultReview\` as a whole. On the page if any of them says
  \`via: page\`; all deadlines and escalations count, and the first deadline ends the waiting; a group is shown the request in every
  channel that any of them names for it. The fallback group has all the time.
- **While they are asked**: with \`recheck\` the request is judged anew that often, the most frequent of all that ask; once the policies
  approve it, it is approved, and nobody has to answer any more. It never rejects.
- **When nobody decides in time**: the request ends and the connection stays Pending, unless every rule with a deadline says
  \`expiry: reject\` and holds for certain. A rule that cannot be told counts as \`leave\`, and \`defaultReview\` never rejects.
- **For how long**: the shortest \`expiresAfter\` of the approve rules that hold or cannot be told. It counts from the approval on Azure.
- **Mode of a rule**: \`enforce\` counts, \`shadow\` is judged and recorded as what would have been, \`off\` is checked and not asked.
- **Exemptions**: a reject or review rule counts with its condition AND NOT any exemption that names it. An exemption that cannot be
  told makes a rule that would have held unknown, so people are asked. After \`expires\` it holds no more.`;
