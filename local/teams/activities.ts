import { randomUUID } from "node:crypto";

/** A person as Teams names them. Only `aadObjectId` says who it is; `id` and `name` must never decide anything. */
export type TeamsPerson = { readonly id: `29:${string}`; readonly name: string; readonly aadObjectId: string };

/** Where activities come from: one bot in one channel of one team. */
export type TeamsScene = {
  readonly botAppId: string;
  readonly botName: string;
  readonly tenantId: string;
  readonly serviceUrl: string;
  readonly team: { readonly id: string; readonly name: string; readonly aadGroupId: string };
  readonly channel: { readonly id: string; readonly name: string };
};

/** A posted card: both ids as the connector gave them, the conversation's with `;messageid=`. */
export type PostedCard = { readonly conversationId: string; readonly activityId: string };

/** The bot was added to the team (teams.md 2.1). What Teams sends first. */
export function installed(scene: TeamsScene, by: TeamsPerson) {
  return installationUpdate(scene, by, "add");
}

/** The bot was taken out of the team. */
export function uninstalled(scene: TeamsScene, by: TeamsPerson) {
  return installationUpdate(scene, by, "remove");
}

function installationUpdate(scene: TeamsScene, by: TeamsPerson, action: "add" | "remove") {
  return {
    ...setUp(scene, by),
    type: "installationUpdate",
    action,
    conversation: { ...channelConversation(scene, scene.channel.id), name: scene.channel.name },
    channelData: {
      source: { name: "message" },
      tenant: { id: scene.tenantId },
      team: { ...scene.team },
      channel: { id: scene.channel.id },
      settings: { selectedChannel: { id: scene.channel.id } },
    },
  };
}

/** The second event of the same installation: `channelData` has no channel here (teams.md 2.1). */
export function botAdded(scene: TeamsScene, by: TeamsPerson) {
  return {
    ...setUp(scene, by),
    type: "conversationUpdate",
    membersAdded: [{ id: `28:${scene.botAppId}` }],
    conversation: { ...channelConversation(scene, scene.channel.id), name: scene.channel.name },
    channelData: {
      eventType: "teamMemberAdded",
      tenant: { id: scene.tenantId },
      team: { ...scene.team },
      settings: { selectedChannel: { id: scene.channel.id } },
    },
  };
}

/** Somebody opened a chat with the bot: no team, no channel. */
export function personallyInstalled(scene: TeamsScene, by: TeamsPerson) {
  const id = `a:${by.aadObjectId}`;
  return {
    ...setUp(scene, by),
    type: "installationUpdate",
    action: "add",
    conversation: { conversationType: "personal", tenantId: scene.tenantId, id },
    channelData: {
      source: { name: "message" },
      tenant: { id: scene.tenantId },
      settings: { selectedChannel: { id } },
    },
  };
}

/** A click on an `Action.Execute` (teams.md 2.3). `data` holds the card's own data and the inputs, merged as Teams does. */
export function cardClicked(
  scene: TeamsScene,
  click: PostedCard & {
    readonly by: TeamsPerson;
    readonly verb: string;
    readonly data: Readonly<Record<string, unknown>>;
  },
) {
  return {
    ...onCard(scene, click),
    type: "invoke",
    name: "adaptiveCard/action",
    value: {
      action: { type: "Action.Execute", title: click.verb, verb: click.verb, data: { ...click.data } },
      trigger: "manual",
    },
  };
}

/** The same click from an old client, by the `Action.Submit` fallback (teams.md 2.8): a message without text. */
export function cardSubmitted(
  scene: TeamsScene,
  submit: PostedCard & { readonly by: TeamsPerson; readonly data: Readonly<Record<string, unknown>> },
) {
  return { ...onCard(scene, submit), type: "message", value: { ...submit.data } };
}

/** Somebody wrote to the bot in the channel. */
export function messageSent(scene: TeamsScene, by: TeamsPerson, text: string) {
  return {
    ...envelope(scene, by),
    type: "message",
    text,
    textFormat: "plain",
    conversation: channelConversation(scene, scene.channel.id),
    channelData: { tenant: { id: scene.tenantId }, team: { ...scene.team }, channel: { id: scene.channel.id } },
  };
}

function onCard(scene: TeamsScene, { by, conversationId, activityId }: PostedCard & { readonly by: TeamsPerson }) {
  return {
    ...envelope(scene, by),
    replyToId: activityId,
    conversation: channelConversation(scene, conversationId),
    channelData: {
      source: { name: "message" },
      tenant: { id: scene.tenantId },
      team: { id: scene.team.id },
      channel: { id: scene.channel.id },
    },
  };
}

/** What people write and click comes with their name and clock. */
function envelope(scene: TeamsScene, by: TeamsPerson) {
  const timestamp = new Date().toISOString();
  return {
    ...setUp(scene, by),
    timestamp,
    localTimestamp: timestamp.replace("Z", "+00:00"),
    localTimezone: "UTC",
    from: { id: by.id, name: by.name, aadObjectId: by.aadObjectId },
    entities: [{ type: "clientInfo", locale: "en-US", country: "US", platform: "Web", timezone: "UTC" }],
  };
}

/** Set-up events know a person by their ids only. */
function setUp(scene: TeamsScene, by: TeamsPerson) {
  return {
    id: randomUUID(),
    channelId: "msteams",
    serviceUrl: scene.serviceUrl,
    locale: "en-US",
    timestamp: new Date().toISOString(),
    from: { id: by.id, aadObjectId: by.aadObjectId },
    recipient: { id: `28:${scene.botAppId}`, name: scene.botName },
    entities: [{ type: "clientInfo", locale: "en-US" }],
  };
}

function channelConversation(scene: TeamsScene, id: string) {
  return { isGroup: true, conversationType: "channel", tenantId: scene.tenantId, id };
}
