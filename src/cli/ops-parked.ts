import type { ParkedMessage, StuckEffect } from "../workflow/ports.ts";
import { json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const opsParked: Verb = {
  words: "ops parked",
  about: "show what plgate gave up: wake-ups that kept failing, and effects that do not get done",
  usage: `Shows the wake-ups that failed five times (queue "reviews-poison") and the effects of commits that failed ten times or wait
for a day. Nothing is lost by them: the sweep looks at every service, and effects are tried on. What made them fail is shown, so
that somebody can put it right; then "plgate ops redrive" moves them back to work.

  plgate ops parked [--json] WHERE

${storeUsage}  You also need to read messages of its queues: the role Storage Queue Data Reader.

Exit code: 0, also when there is something; 1 the store cannot be reached, 2 wrong usage.
`,
  run: parked,
};

async function parked(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, json: { type: "boolean" } } as const);
  none(positionals);
  const { out, environment, withStore } = context;
  return withStore(placeOf(values, environment), async (store) => {
    const [{ count }, messages, effects] = await Promise.all([
      store.parked.waiting(),
      store.parked.list(),
      store.outbox.stuck(),
    ]);
    const body = { messages: { count, value: messages.map(shownMessage) }, effects: effects.map(shownEffect) };
    out(values.json ? json({ ...body, place: store.place }) : formatParked(count, messages, effects, store.place));
    return 0;
  });
}

const longestText = 300;

/** One parked message as machines read it. */
export function shownMessage({ id, since, text }: ParkedMessage): object {
  return { id, since: since.toISOString(), text: text.slice(0, longestText) };
}

/** One stuck effect as machines read it. */
export function shownEffect({ entry, since, tries, why }: StuckEffect): object {
  const { kind, service, requestId, seq } = entry;
  return { kind, service, requestId, seq, since: since.toISOString(), tries, why };
}

/** A line for a parked message; whatever stands in it, it is one line. */
export function messageLine({ id, since, text }: ParkedMessage): string {
  return `${id}  ${since.toISOString()}  ${text.slice(0, longestText).replaceAll(/\s+/g, " ")}\n`;
}

/** A line for a stuck effect. */
export function effectLine({ entry, since, tries, why }: StuckEffect): string {
  const of = entry.requestId ?? `event ${entry.seq} of chain ${entry.service}`;
  return `${entry.kind} of ${of}  ${since.toISOString()}  ${tries} tries: ${why ?? "nobody noted why"}\n`;
}

function formatParked(
  count: number,
  messages: readonly ParkedMessage[],
  effects: readonly StuckEffect[],
  place: string,
): string {
  if (count === 0 && effects.length === 0) return `nothing is parked at ${place}\n`;
  const hidden = count - messages.length;
  return [
    ...(count > 0 ? [`${count} wake-up(s) of ${place} were given up:\n`, ...messages.map(messageLine)] : []),
    ...(hidden > 0 ? [`and about ${hidden} more\n`] : []),
    ...(effects.length > 0 ? [`${effects.length} effect(s) do not get done:\n`, ...effects.map(effectLine)] : []),
  ].join("");
}
