import { teamsMessages } from "../../functions/teams-messages.ts";
import { wordsOf } from "../../local/demo-channel.ts";
import * as seed from "../../local/seed.ts";
import {
  cardClicked,
  installed,
  type PostedCard,
  type TeamsPerson,
  type TeamsScene,
} from "../../local/teams/activities.ts";
import type { Thread } from "../../local/teams/conversations.ts";
import { type ApiAnswer, api } from "./http-call.ts";
import type { World } from "./world.ts";

type Person = (typeof seed.people)[keyof typeof seed.people];

/** What people do in the Teams channel of the seed, and what they see there. */
export type Channel = {
  readonly scene: TeamsScene;
  /** A token as the Bot Connector signs it for our bot. */
  token(): Promise<string>;
  /** Somebody adds the bot to the team. */
  install(): Promise<ApiAnswer>;
  /** The threads whose card is about this request, the oldest first. */
  threads(requestId: string): readonly Thread[];
  /** A press on a button of a card. `change` replaces parts of the activity, as somebody might who tampers. */
  press(card: PostedCard, by: Person, press: Press, change?: object): Promise<ApiAnswer>;
  /** Sends an activity with a token of the Bot Connector, or with another one. */
  send(activity: object, token?: string): Promise<ApiAnswer>;
};

export type Press = {
  readonly verb: "approve" | "reject" | "refresh";
  readonly requestId: string;
  readonly justification?: string;
};

export function channelOf(world: World): Channel {
  const { bot, team, tenantId } = seed.teamsScene();
  const scene: TeamsScene = {
    ...{ botAppId: bot.appId, botName: bot.name, tenantId, team, channel: seed.approvalsChannel },
    serviceUrl: world.connector.serviceUrl,
  };
  const token = () => world.issuer.mintChannelToken({ serviceUrl: scene.serviceUrl, audience: scene.botAppId });
  const send = async (activity: object, given?: string) =>
    api(world, teamsMessages, { method: "POST", path: "/messages", body: activity, token: given ?? (await token()) });
  return {
    scene,
    token,
    send,
    install: () => send(installed(scene, teamsPerson(seed.people.megan))),
    threads: (requestId) =>
      world.connector.threads().filter(({ activity }) => JSON.stringify(activity).includes(requestId)),
    press: (card, by, { verb, ...data }, change = {}) =>
      send({ ...cardClicked(scene, { ...card, by: teamsPerson(by), verb, data }), ...change }),
  };
}

export function teamsPerson({ name, displayName, objectId }: Person): TeamsPerson {
  return { id: `29:${name}`, name: displayName, aadObjectId: objectId };
}

/** What somebody reads on the card of a message, from top to bottom. */
export function cardText(activity: unknown): string {
  return wordsOf(cardIn(activity)).join("\n");
}

/** The first words of a card: how its request stands, without how many approvals there are. */
export function cardStatus(activity: unknown): string {
  return wordsOf(cardIn(activity))[0]?.split(":")[0] ?? "(no card)";
}

/** The buttons of a card that carry a decision. */
export function buttonsOf(activity: unknown): readonly string[] {
  const { actions } = cardIn(activity) as { readonly actions?: readonly { readonly verb?: string }[] };
  return (actions ?? []).flatMap(({ verb }) => verb ?? []);
}

function cardIn(activity: unknown): object {
  const { attachments, value } = activity as {
    readonly attachments?: readonly { content: object }[];
    readonly value?: object;
  };
  return attachments?.[0]?.content ?? value ?? {};
}
