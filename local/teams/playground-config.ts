import { stringify } from "yaml";
import type { TeamsPerson } from "./activities.ts";

export type PlaygroundPerson = TeamsPerson & { readonly userPrincipalName: string };

export type PlaygroundScene = {
  readonly tenantId: string;
  readonly bot: { readonly appId: string; readonly name: string };
  /** The first one clicks. At most six; the Playground insists on six, so placeholders fill up. */
  readonly users: readonly PlaygroundPerson[];
  /** `id` is the General channel's, too. */
  readonly team: { readonly id: string; readonly name: string; readonly aadGroupId: string };
  /** Beside General: one at most. */
  readonly channels: readonly { readonly id: string; readonly name: string }[];
};

const peopleCount = 6;
const longestBotName = 42;

/**
 * The Playground's configuration file (teams.md section 8).
 *
 * Its strict schema is checked here first, because the Playground names a fault only in its log and exits.
 * Throws an error that says what to change.
 */
export function playgroundConfig(scene: PlaygroundScene): string {
  const [current, ...others] = [...scene.users, ...placeholders(scene.users.length)].map(userEntry);
  const faults = faultsOf(scene);
  if (faults.length > 0) throw new Error(`the Playground cannot show this: ${faults.join("; ")}`);
  return stringify({
    version: "0.1.1",
    tenantId: scene.tenantId,
    bot: { id: `28:${scene.bot.appId}`, name: scene.bot.name },
    currentUser: current,
    users: others,
    personalChat: { id: "personal-chat-id" },
    groupChat: { id: "group-chat-id", name: "Group Chat" },
    team: {
      id: scene.team.id,
      name: scene.team.name,
      aadGroupId: scene.team.aadGroupId,
      channels: scene.channels.map(({ id, name }) => ({ id, name })),
    },
  });
}

function faultsOf({ users, channels, bot }: PlaygroundScene): readonly string[] {
  return [
    ...(users.length < 1 || users.length > peopleCount ? [`users: 1 to ${peopleCount}, not ${users.length}`] : []),
    ...(channels.length > 1 ? [`channels: at most one beside General, not ${channels.length}`] : []),
    ...(bot.name.length > longestBotName ? [`bot.name: at most ${longestBotName} characters`] : []),
  ];
}

function placeholders(taken: number): readonly PlaygroundPerson[] {
  return Array.from({ length: Math.max(0, peopleCount - taken) }, (_, index) => ({
    id: `29:placeholder-${index + 1}`,
    name: `Placeholder ${index + 1}`,
    aadObjectId: `eeeeeeee-0000-4000-8000-${String(index + 1).padStart(12, "0")}`,
    userPrincipalName: `placeholder-${index + 1}@contoso.example`,
  }));
}

function userEntry({ id, name, aadObjectId, userPrincipalName }: PlaygroundPerson) {
  const [givenName = name, ...rest] = name.split(" ");
  return {
    id,
    name,
    // Spelled so by the Playground.
    userPrincipleName: userPrincipalName,
    aadObjectId,
    givenName,
    surname: rest.join(" ") || givenName,
    email: userPrincipalName,
  };
}
