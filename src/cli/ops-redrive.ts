import type { Store } from "../compose-cli.ts";
import { parseWakeUp } from "../intake/wake-up.ts";
import { dropParked, type Redriven, redrive } from "../workflow/redrive.ts";
import { effectLine, messageLine, shownEffect, shownMessage } from "./ops-parked.ts";
import { json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const opsRedrive: Verb = {
  words: "ops redrive",
  about: "move what was given up back to work",
  usage: `Wakes the service of each parked wake-up and then removes the message, and makes stuck effects due again: the next sweep of
the app does them. Interrupted, it loses nothing; run it again. A message that is no wake-up stays and is shown.

  plgate ops redrive [--dry-run] [--json] WHERE
  plgate ops redrive --drop ID [--yes] [--json] WHERE

  --dry-run   says what would be done
  --drop ID   removes one parked message for good ("plgate ops parked" shows the ids); without --yes it is only shown

${storeUsage}  You also need to take, remove and send messages of its queues: the role Storage Queue Data Contributor.

Exit code: 0, 1 a message is no wake-up, --drop found nothing or was not confirmed, or the store cannot be reached, 2 wrong usage.
`,
  run,
};

const options = {
  ...storeOptions,
  "dry-run": { type: "boolean" },
  drop: { type: "string" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
} as const;

async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const { drop, yes = false, "dry-run": dry = false } = values;
  if (drop !== undefined && dry) throw new Refusal("--drop without --yes is a dry run already; leave --dry-run out");
  if (drop === undefined && yes) throw new Refusal("--yes is for --drop");
  const say = (body: object, text: string) => context.out(values.json ? json(body) : text);
  return context.withStore(placeOf(values, context.environment), async (store) => {
    if (drop !== undefined) return dropOne(drop, yes, store, say);
    const done = await redrive(store, readText, dry);
    say({ dryRun: dry, ...shown(done), place: store.place }, format(done, dry, store.place));
    return done.unreadable.length > 0 ? 1 : 0;
  });
}

type Say = (body: object, text: string) => void;

async function dropOne(id: string, confirmed: boolean, store: Store, say: Say): Promise<ExitCode> {
  const message = confirmed
    ? await dropParked(id, store.parked)
    : (await store.parked.list()).find((one) => one.id === id);
  if (!message) throw new Refusal(`no parked message of ${store.place} has the id ${id}`, 1);
  const said = confirmed ? "removed" : "would be removed; add --yes to do it";
  say({ dropped: confirmed, message: shownMessage(message), place: store.place }, `${messageLine(message)}${said}\n`);
  return confirmed ? 0 : 1;
}

function readText(text: string): ReturnType<typeof parseWakeUp> {
  try {
    return parseWakeUp(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function shown({ woken, unreadable, effects }: Redriven): object {
  return { woken, unreadable: unreadable.map(shownMessage), effects: effects.map(shownEffect) };
}

function format({ woken, unreadable, effects }: Redriven, dry: boolean, place: string): string {
  const [wake, again] = dry ? ["would be woken", "would be due again"] : ["are woken", "are due again"];
  return [
    ...woken.map((service) => `${service}\n`),
    ...effects.map(effectLine),
    `${woken.length} service(s) ${wake}, ${effects.length} effect(s) ${again} at ${place}\n`,
    ...(unreadable.length > 0 ? [`${unreadable.length} message(s) are no wake-ups and stay:\n`] : []),
    ...unreadable.map(messageLine),
  ].join("");
}
