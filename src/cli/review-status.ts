import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, listOf, watch, watchOptions, watchUsage } from "./ask-api.ts";
import { json } from "./print.ts";
import { readArguments } from "./read-arguments.ts";
import { formatProgress, formatRuns, tellProgress } from "./run-words.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";

export const reviewStatus: Verb = {
  words: "review status",
  about: "show the runs, or how far one is",
  usage: `Shows recertifications, re-judgements and drains; with RUN how far that one is, and what became of each connection.

  plgate review status [--json] APP
  plgate review status RUN [--watch] [--json] APP

${watchUsage}

You need the app role Reader.

${apiUsage}
Exit code: 0, 1 no such run or the app cannot be asked, 2 wrong usage.
`,
  run: status,
};

const options = { ...apiOptions, ...watchOptions, json: { type: "boolean" } } as const;

async function status(args: readonly string[], { out, progress, environment, withApi }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const [id, ...more] = positionals;
  if (more.length > 0) throw new Refusal(`takes one RUN, not also ${more.join(", ")}`);
  if (id === undefined && values.watch) throw new Refusal("--watch follows one run; name it");
  const place = neededApiPlace(values, environment);
  return withApi(place, async (api) => {
    if (id === undefined) {
      const list = await ask(api, { method: "GET", path: "/api/runs" }, place);
      out(values.json ? json(list) : formatList(listOf(list, "value"), place.url));
      return 0;
    }
    const look = () => ask(api, { method: "GET", path: `/api/runs/${encodeURIComponent(id)}` }, place);
    const sight = values.watch ? await watch(values, look, tellProgress, progress) : await look();
    out(values.json ? json(sight) : formatProgress(sight));
    return 0;
  });
}

function formatList(runs: readonly unknown[], url: string): string {
  return runs.length === 0 ? `no run was ever begun at ${url}\n` : formatRuns(runs);
}
