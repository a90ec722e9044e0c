import { readLinkIdentifier } from "../intake/link-identifier.ts";
import type { Approval, LinkHolder } from "../workflow/link-holder.ts";
import { type ShownLink, showLink } from "../workflow/show-link.ts";
import { details, json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const linksShow: Verb = {
  words: "links show",
  about: "say who is behind a LinkID",
  usage: `Says whose traffic carries a LinkID in its PROXY header: consumer, request, approval and the policies that judged it.

  plgate links show N [--json] WHERE

  N   the LinkID, decimal or with 0x

Every request that carries it, the newest first. What the index claims and the ledger does not confirm stands at the end.

${storeUsage}
Exit code: 0, 1 nobody on record carries it or the store cannot be reached, 2 wrong usage.
`,
  run: show,
};

async function show(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, json: { type: "boolean" } });
  const given = onlyOne(positionals, "N");
  const link = readLinkIdentifier(given);
  if (!link.ok) throw new Refusal(`N is a LinkID, a number from 0 to 4294967295; ${JSON.stringify(given)} is not`);
  return withStore(placeOf(values, environment), async (store) => {
    const shown = await showLink(link.value, store);
    const { linkIdentifier, holders, notMatching } = shown;
    if (holders.length === 0) throw new Refusal(unknown(shown, store.place), 1);
    out(values.json ? json({ linkIdentifier, requests: holders, notMatching }) : formatLink(shown));
    return 0;
  });
}

function unknown(shown: ShownLink, place: string): string {
  const meaning = `no request in ${place} carries LinkID ${shown.linkIdentifier}
  its connection was approved beside plgate, or Azure has not shown its LinkID yet and a later sweep puts it on record`;
  return [meaning, ...doubts(shown)].join("\n  ");
}

function formatLink(shown: ShownLink): string {
  const blocks = shown.holders.map(formatHolder);
  const rest = doubts(shown).map((line) => `${line}\n`);
  return [...blocks, ...(rest.length > 0 ? [rest.join("")] : [])].join("\n");
}

function doubts({ notMatching }: ShownLink): readonly string[] {
  return notMatching.map(
    ({ service, seq, why }) => `not matching: the index names event ${seq} of ${service}, but ${why}`,
  );
}

function formatHolder(holder: LinkHolder): string {
  const { consumer, requestId, state, standing, liveSince, policies } = holder;
  return details([
    ["consumer", `${consumer.name ?? "(not registered)"}${consumer.tier === null ? "" : `, tier ${consumer.tier}`}`],
    ["subscription", consumer.subscriptionId ?? "-"],
    ["tenant", consumer.tenantId ?? "-"],
    ["now", `${standing}${liveSince === null ? "" : ` Since ${liveSince}.`}`],
    ["request", `${requestId}, ${state}, asked ${holder.requestedAt}`],
    ...formatApproval(holder.approval),
    ["judged by", policies.map(({ name, version }) => `${name} version ${version}`).join(", ") || "-"],
    ["endpoint", `${holder.endpointId ?? "-"}${holder.endpointRegion === null ? "" : ` in ${holder.endpointRegion}`}`],
    ["connection", holder.connectionId],
    ["service", holder.serviceId],
  ]);
}

type Line = readonly [name: string, text: string];

function formatApproval(approval: Approval | null): readonly Line[] {
  if (!approval) return [["approved", "never"]];
  const { at, by, door, reason, rules, votes, expiresAt } = approval;
  const who =
    by.kind === "person" ? `${by.name} (${by.objectId})` : { robot: "plgate", outside: "somebody else" }[by.kind];
  return [
    ["approved", `${at} by ${who}, door ${door}`],
    ["because", reason],
    ...votes.map((vote): Line => ["vote", `${vote.name} (${vote.objectId}), ${vote.at}: ${vote.justification}`]),
    ...(rules.length > 0 ? [["rules", rules.join(", ")] satisfies Line] : []),
    ...(expiresAt === null ? [] : [["expires", expiresAt] satisfies Line]),
  ];
}
