import { randomUUID } from "node:crypto";
import { appIdentity, approvalsChannel, people, providerTenant, teamsScene } from "./seed.ts";
import type { Stack } from "./stack.ts";
import { cardClicked, installed, type TeamsPerson, type TeamsScene } from "./teams/activities.ts";
import type { StandingCard } from "./teams/connector-tap.ts";

type Person = (typeof people)[keyof typeof people];
type InvokeAnswer = { readonly type: string; readonly value: unknown };

/**
 * The Teams channel of the demo, without a browser: sends what the Playground's client sends, through the same signing proxy,
 * and reads the cards as they stand in the channel.
 */
export class Channel {
  readonly #stack: Stack;
  readonly #scene: TeamsScene;

  constructor(stack: Stack) {
    this.#stack = stack;
    const { team, bot } = teamsScene();
    this.#scene = {
      botAppId: appIdentity.clientId,
      botName: bot.name,
      tenantId: providerTenant,
      serviceUrl: stack.playground.serviceUrl,
      team,
      channel: approvalsChannel,
    };
  }

  /** Somebody adds the bot to the team. */
  async install(): Promise<void> {
    await this.#send(installed(this.#scene, teamsPerson(people.megan)));
  }

  cards(): readonly StandingCard[] {
    return this.#stack.tap.cards();
  }

  /** A press on a button of the card; what Teams would show the person who pressed it. */
  async press(
    card: StandingCard,
    person: Person,
    verb: "approve" | "reject",
    justification: string,
  ): Promise<InvokeAnswer> {
    const data = { requestId: requestIdOf(card), justification };
    return this.#send(cardClicked(this.#scene, { ...card, by: teamsPerson(person), verb, data }));
  }

  async #send(activity: object): Promise<InvokeAnswer> {
    const answer = await fetch(this.#stack.proxy.messagesUrl, {
      method: "POST",
      headers: { "content-type": "application/json", "x-ms-agents-playground": "true" },
      body: JSON.stringify({ ...activity, id: randomUUID() }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the app answered Teams with ${answer.status} ${text.slice(0, 200)}`);
    const parsed: InvokeAnswer = text ? JSON.parse(text) : { type: "", value: undefined };
    return parsed;
  }
}

function teamsPerson({ name, displayName, objectId }: Person): TeamsPerson {
  return { id: `29:${name}`, name: displayName, aadObjectId: objectId };
}

function requestIdOf({ card }: StandingCard): string {
  return /"requestId":"([^"]+)"/.exec(JSON.stringify(card))?.[1] ?? "";
}

/** The words of a card, as somebody reads them from top to bottom. */
export function wordsOf(card: unknown): readonly string[] {
  if (Array.isArray(card)) return card.flatMap(wordsOf);
  if (typeof card !== "object" || card === null) return [];
  const node: Readonly<Record<string, unknown>> = { ...card };
  if (node["type"] === "TextBlock") return [asRead(String(node["text"]))];
  if (node["type"] === "FactSet" && Array.isArray(node["facts"])) {
    return node["facts"].map((fact: { title?: unknown; value?: unknown }) => asRead(`${fact.title}: ${fact.value}`));
  }
  return ["body", "items", "columns", "actions"].flatMap((part) => wordsOf(node[part]));
}

/** A client shows a moment in the reader's own time and words; here it is UTC. */
function asRead(text: string): string {
  return text.replace(/\{\{DATE\((\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\dZ, SHORT\)\}\} \{\{TIME\([^)]*\)\}\}/g, "$1 $2 UTC");
}
