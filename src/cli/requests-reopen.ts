import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, neededNote, textOf } from "./ask-api.ts";
import { json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";

export const requestsReopen: Verb = {
  words: "requests reopen",
  about: "have people asked again about a request that nobody answered in time",
  usage: `Has people asked again about a request that expired. Nothing is decided: the connection gets a new request, which is judged by
the policies in force.

  plgate requests reopen REQUEST --note WHY [--json] APP

You need the app role Approver.

${apiUsage}
Exit code: 0, 1 refused or the app cannot be asked, 2 wrong usage.
`,
  run: reopen,
};

const options = { ...apiOptions, note: { type: "string" }, json: { type: "boolean" } } as const;

async function reopen(args: readonly string[], { out, environment, withApi }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const id = onlyOne(positionals, "REQUEST");
  const body = { note: neededNote(values.note) };
  const place = neededApiPlace(values, environment);
  return withApi(place, async (api) => {
    const path = `/api/requests/${encodeURIComponent(id)}/reopen`;
    const request = await ask(api, { method: "POST", path, body }, place);
    out(values.json ? json(request) : `the new request is ${textOf(request, "id")}; its review is on its way\n`);
    return 0;
  });
}
