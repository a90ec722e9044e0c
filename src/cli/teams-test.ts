import type { ApiAnswer } from "../compose-cli.ts";
import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { details, json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { member } from "./where.ts";

export const teamsTest: Verb = {
  words: "teams test",
  about: "post a test card into a channel and tell of each step",
  usage: `Lets the app post a test card, because only the app has the bot's identity: a line, which becomes a card that says it is a
test and has no buttons, and a reply below it. The first step that fails is the last, and says what to do.

  plgate teams test [--channel ID|NAME] [--json] APP

  --channel ID|NAME  a channel that the app is in; where cards go when it is left out

Nothing is recorded, and a second test posts a second card. You need the app role PolicyAuthor.

${apiUsage}
Exit code: 0 the card stands in the channel, 1 a step failed or the app cannot be asked, 2 wrong usage.
`,
  run: test,
};

const options = { ...apiOptions, channel: { type: "string" }, json: { type: "boolean" } } as const;

async function test(args: readonly string[], { out, progress, environment, withApi }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const { channel } = values;
  const place = neededApiPlace(values, environment);
  return withApi(place, async (api) => {
    progress("posting a test card");
    const body = channel === undefined ? {} : { channel };
    const trial = trialIn(await api.call({ method: "POST", path: "/api/teams/test", body }), place.url);
    progress("");
    out(values.json ? json({ ...trial, app: place.url }) : formatTrial(trial, place.url));
    return trial.ok ? 0 : 1;
  });
}

type Step = { readonly step: string; readonly ok: boolean; readonly detail: string; readonly remedy: string | null };
type Trial = { readonly ok: boolean; readonly channel: string | null; readonly steps: readonly Step[] };

function trialIn({ status, body }: ApiAnswer, url: string): Trial {
  const steps = member(body, "steps");
  if (status === 200 && Array.isArray(steps)) {
    return { ok: member(body, "ok") === true, channel: textOf(body, "channel"), steps: steps.map(stepIn) };
  }
  throw new Refusal(
    `${url}: ${refusals[status] ?? textOf(body, "detail") ?? `HTTP ${status}`}`,
    status === 400 ? 2 : 1,
  );
}

function stepIn(one: unknown): Step {
  const text = (name: string) => textOf(one, name) ?? "";
  return { step: text("step"), ok: member(one, "ok") === true, detail: text("detail"), remedy: textOf(one, "remedy") };
}

function textOf(value: unknown, name: string): string | null {
  const found = member(value, name);
  return typeof found === "string" ? found : null;
}

const refusals: Readonly<Record<number, string>> = {
  401: 'the app does not take your token; "plgate doctor" says more',
  403: "you do not have the app role PolicyAuthor (docs/deploy.md, step 1)",
  404: "nothing answers there; is it the address of plgate, and new enough to know this command?",
};

function formatTrial({ ok, channel, steps }: Trial, url: string): string {
  const lines = details(steps.map((step) => [`${step.ok ? "ok    " : "FAILED"}  ${step.step}`, step.detail]));
  const remedy = steps.at(-1)?.remedy;
  if (ok) return `${lines}the test card stands in ${channel}; ${url} can reach people\n`;
  return `${lines}${remedy ? `what to do: ${remedy}\n` : ""}`;
}
