import type { Api, ApiPlace } from "../compose-cli.ts";
import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, neededNote, textOf, watch, watchOptions, watchUsage } from "./ask-api.ts";
import { json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { voteWords } from "./request-words.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { member } from "./where.ts";

const common = `${watchUsage}

You need the app role Approver and have to be one of those who are asked, as on a card.

${apiUsage}
Exit code: 0 the vote is on record, 1 refused or the app cannot be asked, 2 wrong usage.
`;

export const requestsApprove: Verb = {
  words: "requests approve",
  about: "vote to approve a connection, or to keep an approved one",
  usage: `Votes to approve a request. Where the question is whether an approved connection stays, this keeps it.

  plgate requests approve REQUEST --note WHY [--expires-after P30D] [--watch] [--json] APP

  --note WHY       kept in the audit, and shown on the card
  --expires-after DURATION  limits the approval: an ISO 8601 duration, PT1H to P366D; never longer than policy allows
${common}`,
  run: (args, context) => vote("approve", args, context),
};

export const requestsReject: Verb = {
  words: "requests reject",
  about: "vote to reject a connection, or to take an approved one away",
  usage: `Votes to reject a request, which is final in Azure. Where the question is whether an approved connection stays, this takes it away.

  plgate requests reject REQUEST --note WHY [--watch] [--json] APP

  --note WHY       kept in the audit, and shown on the card
${common}`,
  run: (args, context) => vote("reject", args, context),
};

const options = {
  ...apiOptions,
  ...watchOptions,
  note: { type: "string" },
  "expires-after": { type: "string" },
  json: { type: "boolean" },
} as const;

async function vote(decision: "approve" | "reject", args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const id = onlyOne(positionals, "REQUEST");
  const justification = neededNote(values.note);
  const expiresAfter = values["expires-after"];
  if (decision === "reject" && expiresAfter !== undefined) throw new Refusal("--expires-after is for an approval");
  const place = neededApiPlace(values, context.environment);
  const path = `/api/requests/${encodeURIComponent(id)}`;
  return context.withApi(place, async (api) => {
    const body = { decision, justification, ...(expiresAfter === undefined ? {} : { expiresAfter }) };
    const voted = await ask(api, { method: "POST", path: `${path}/decision`, body }, place);
    const now = values.watch && member(voted, "decided") ? await carriedOut(path, values, api, place, context) : voted;
    context.out(values.json ? json(now) : tellVote(decision, voted, now));
    return 0;
  });
}

async function carriedOut(
  path: string,
  values: { readonly every?: string | undefined },
  api: Api,
  place: ApiPlace,
  { progress }: Context,
): Promise<unknown> {
  const look = () => ask(api, { method: "GET", path }, place);
  const tell = (request: unknown) => {
    const state = textOf(request, "state");
    return { text: `the request is ${state}`, over: !["approving", "rejecting"].includes(state ?? "") };
  };
  return watch(values, look, tell, progress);
}

function tellVote(decision: "approve" | "reject", voted: unknown, now: unknown): string {
  const said = `your vote to ${voteWords(voted, decision)} is on record`;
  if (!member(voted, "decided")) return `${said}; more votes are needed\n`;
  const outcome = textOf(now, "outcome");
  return `${said} and decides; the request is ${textOf(now, "state")}${outcome === null ? "" : `: ${outcome}`}\n`;
}
