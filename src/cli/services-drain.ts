import type { Api, ApiPlace } from "../compose-cli.ts";
import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, listOf, neededNote, textOf, watch, watchOptions, watchUsage } from "./ask-api.ts";
import { json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { formatProgress, formatRuns, tellProgress } from "./run-words.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { member } from "./where.ts";

export const servicesDrain: Verb = {
  words: "services drain",
  about: "take every connection off a service, so that it can be deleted; two people",
  usage: `Takes every connection off a Private Link Service, because Azure refuses to delete one that has connections. One person proposes,
a second one confirms within seven days. From then on every connection goes, as fast as ARM takes it, and nothing new is approved
there until the service is deleted or the drain is stopped.

  plgate services drain NAME [--by remove|reject] --note WHY [--json] APP
  plgate services drain NAME --confirm RUN --note WHY [--watch] [--json] APP
  plgate services drain NAME --watch [--json] APP

  NAME             name or resource id of a watched service
  --by WHAT        remove: takes each connection off the service, also those that were rejected before (when left out); the app's
                   identity needs the right to delete connections. reject: leaves them as Rejected
  --confirm RUN    the proposal, confirmed by another person than the one who made it
  --note WHY       kept in the audit
${watchUsage}

A consumer whose connection went has to make a new endpoint. "plgate review stop RUN" stops a drain. You need the app role Approver.

${apiUsage}
Exit code: 0, 1 refused, no such service or the app cannot be asked, 2 wrong usage.
`,
  run: drain,
};

const options = {
  ...apiOptions,
  ...watchOptions,
  by: { type: "string" },
  confirm: { type: "string" },
  note: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>["values"];

async function drain(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const name = onlyOne(positionals, "NAME");
  const onlyWatch = values.watch === true && values.note === undefined && values.confirm === undefined;
  if (values.confirm !== undefined && values.by !== undefined) throw new Refusal("--by was said by who proposed it");
  if (!onlyWatch) neededNote(values.note);
  const place = neededApiPlace(values, context.environment);
  return context.withApi(place, async (api) => {
    const service = await serviceNamed(name, api, place);
    if (onlyWatch) return follow(await runningAt(service, api, place), values, api, place, context);
    return values.confirm === undefined
      ? propose(service, values, api, place, context)
      : confirm(values.confirm, service, values, api, place, context);
  });
}

async function propose(
  service: string,
  { note, by, json: asJson }: Values,
  api: Api,
  place: ApiPlace,
  { out }: Context,
): Promise<ExitCode> {
  const body = { kind: "drain", service, note: neededNote(note), ...(by === undefined ? {} : { by }) };
  const run = await ask(api, { method: "POST", path: "/api/runs", body }, place);
  if (asJson) {
    out(json(run));
    return 0;
  }
  const id = textOf(run, "id");
  out(`${formatRuns([run])}
Nothing happens before a second person confirms it:
  plgate services drain ${service.split("/").at(-1)} --confirm ${id} --note WHY
`);
  return 0;
}

async function confirm(
  id: string,
  service: string,
  values: Values,
  api: Api,
  place: ApiPlace,
  context: Context,
): Promise<ExitCode> {
  const path = `/api/runs/${encodeURIComponent(id)}`;
  const proposed = member(await ask(api, { method: "GET", path }, place), "run");
  // Whoever confirms says which service they mean: a wrong number must not drain another one.
  if (textOf(member(proposed, "scope"), "serviceId") !== service.toLowerCase()) {
    throw new Refusal(`run ${id} is not the drain of ${service}`, 1);
  }
  const body = { note: neededNote(values.note) };
  const run = await ask(api, { method: "POST", path: `${path}/confirm`, body }, place);
  if (values.watch) return follow(id, values, api, place, context);
  context.out(values.json ? json(run) : `${formatRuns([run])}\nFollow it by "plgate review status ${id} --watch".\n`);
  return 0;
}

async function follow(
  id: string,
  values: Values,
  api: Api,
  place: ApiPlace,
  { out, progress }: Context,
): Promise<ExitCode> {
  const look = () => ask(api, { method: "GET", path: `/api/runs/${encodeURIComponent(id)}` }, place);
  const sight = await watch(values, look, tellProgress, progress);
  out(values.json ? json(sight) : formatProgress(sight));
  return 0;
}

async function runningAt(service: string, api: Api, place: ApiPlace): Promise<string> {
  const runs = listOf(await ask(api, { method: "GET", path: "/api/runs" }, place), "value");
  const drains = runs.filter(
    (run) => textOf(run, "kind") === "drain" && textOf(member(run, "scope"), "serviceId") === service.toLowerCase(),
  );
  const id = textOf(drains[0], "id");
  if (id === null) throw new Refusal(`no drain of ${service} was ever proposed`, 1);
  return id;
}

/** The resource id of a watched service by its name, or by itself. */
async function serviceNamed(name: string, api: Api, place: ApiPlace): Promise<string> {
  if (name.startsWith("/")) return name;
  const services = listOf(await ask(api, { method: "GET", path: "/api/services" }, place), "value");
  const ids = services.flatMap((one) =>
    textOf(one, "name")?.toLowerCase() === name.toLowerCase() ? (textOf(one, "id") ?? []) : [],
  );
  const [id, ...others] = ids;
  if (id === undefined) throw new Refusal(`no watched service is called ${name}; "plgate services list" shows them`, 1);
  if (others.length > 0)
    throw new Refusal(`several services are called ${name}; say which by its id:\n  ${ids.join("\n  ")}`, 1);
  return id;
}
