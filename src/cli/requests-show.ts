import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, listOf, person, shortTime, textOf } from "./ask-api.ts";
import { json, table } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { formatRequest } from "./request-words.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { member } from "./where.ts";

export const requestsShow: Verb = {
  words: "requests show",
  about: "show one request: who asks, what policy said, who voted, what happened",
  usage: `Shows one request with its history; of a question about an approved connection also why it is asked and what its end brings.

  plgate requests show REQUEST [--json] APP

You need the app role Reader. "plgate policy explain REQUEST" says rule by rule why policy judged as it did.

${apiUsage}
Exit code: 0, 1 no such request or the app cannot be asked, 2 wrong usage.
`,
  run: show,
};

async function show(args: readonly string[], { out, environment, withApi }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...apiOptions, json: { type: "boolean" } });
  const id = onlyOne(positionals, "REQUEST");
  const place = neededApiPlace(values, environment);
  return withApi(place, async (api) => {
    const request = await ask(api, { method: "GET", path: `/api/requests/${encodeURIComponent(id)}` }, place);
    out(values.json ? json(request) : `${formatRequest(request)}\n${formatHistory(listOf(request, "history"))}`);
    return 0;
  });
}

function formatHistory(history: readonly unknown[]): string {
  return table(history, [
    ["TIME", (event) => shortTime(textOf(event, "time"))],
    ["WHAT", (event) => textOf(event, "what") ?? "-"],
    ["WHO", (event) => person(member(event, "who"))],
    ["DOOR", (event) => textOf(event, "door") ?? "-"],
  ]);
}
