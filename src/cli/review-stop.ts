import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, neededNote } from "./ask-api.ts";
import { json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { formatRuns } from "./run-words.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";

export const reviewStop: Verb = {
  words: "review stop",
  about: "stop a recertification, a re-judgement or a drain",
  usage: `Stops a run at once: nothing more is asked or taken away by it. Its questions that nobody answered are withdrawn, and their
connections stay. What people decided meanwhile stays decided, and what is gone stays gone. A drain that is only proposed ends, too.

  plgate review stop RUN --note WHY [--json] APP

You need the app role Approver.

${apiUsage}
Exit code: 0, 1 no such run, it ended before, or the app cannot be asked, 2 wrong usage.
`,
  run: stop,
};

const options = { ...apiOptions, note: { type: "string" }, json: { type: "boolean" } } as const;

async function stop(args: readonly string[], { out, environment, withApi }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const id = onlyOne(positionals, "RUN");
  const body = { note: neededNote(values.note) };
  const place = neededApiPlace(values, environment);
  return withApi(place, async (api) => {
    const run = await ask(api, { method: "POST", path: `/api/runs/${encodeURIComponent(id)}/stop`, body }, place);
    out(values.json ? json(run) : formatRuns([run]));
    return 0;
  });
}
