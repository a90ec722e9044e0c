import type { ReviewerGroup } from "../policy/evaluate.ts";
import type { Place, Router, Routing } from "../workflow/ports.ts";
import type { ConversationReference } from "./conversations.ts";
import { plainText } from "./plain-text.ts";

/** A channel, and whether anything can be posted there; left out: it can. */
export type KnownChannel = Pick<ConversationReference, "tenantId" | "teamId" | "channelId" | "channelName"> & {
  readonly teamName?: string | null;
  readonly usable?: boolean;
};

/** Everything that cards and notices can go to. */
export type KnownPlaces = {
  readonly tenantId: string;
  /** Null: no bot is configured. */
  readonly channels: readonly KnownChannel[] | null;
  /** Names of the configured webhooks. */
  readonly webhooks: readonly string[];
  /** PLGATE_TEAMS_CHANNEL: the place of those for whom policy names none, by id or name. */
  readonly fallback: string | undefined;
};

type NamedPlace = { readonly place: Place; readonly names: readonly string[]; readonly usable: boolean };
type Found = { readonly place: Place } | { readonly note: string };

/**
 * Where a request is shown: one place for each channel or webhook that its reviewers and their stand-ins name, whoever
 * shares it. Who names none, or none that can be used, is shown it in the fallback place. Pure.
 */
export function routerOf(known: KnownPlaces): Router {
  const places = placesIn(known);
  return {
    usable: places.filter(({ usable }) => usable).length,
    route: ({ reviewers }, avoid) => {
      const left = places.map((one) => ({
        ...one,
        usable: one.usable && !avoid.some((place) => isSame(place, one.place)),
      }));
      return route(reviewers, left, known);
    },
  };
}

function route(reviewers: readonly ReviewerGroup[], places: readonly NamedPlace[], known: KnownPlaces): Routing {
  const fallback = fallbackOf(places, known);
  const wishes = reviewers.flatMap((group) => [group, ...(group.standIns ?? [])]);
  const found = wishes.flatMap(({ name, channels = [] }) => channels.map((channel) => resolve(channel, name, places)));
  const named = found.flatMap((one) => ("place" in one ? one.place : []));
  const notes = found.flatMap((one) => ("note" in one ? one.note : []));
  const isLeft = wishes.length === 0 || notes.length > 0 || wishes.some(({ channels = [] }) => channels.length === 0);
  const all = distinct([...named, ...(isLeft && fallback.place ? [fallback.place] : [])]);
  return {
    places: all,
    notes: [...new Set([...notes, ...(isLeft ? fallback.notes : [])])],
    nowhere: all.length > 0 ? null : nowhere(places, known),
  };
}

/** An id is exact; a name counts without case, alone or behind its team's: `Platform/approvals`. */
function resolve(wish: string, group: string, places: readonly NamedPlace[]): Found {
  const exact = places.filter(({ place }) => place.kind === "channel" && place.id === wish);
  const matching = exact.length > 0 ? exact : places.filter(({ names }) => names.includes(folded(wish)));
  const usable = matching.filter((one) => one.usable);
  const [only] = usable;
  if (only && usable.length === 1) return { place: only.place };
  // Names come from a policy, and end in logs and health: they are for eyes only.
  const said = `${plainText(wish, 100)}, which the reviewers ${plainText(group, 80)} name,`;
  if (usable.length > 1) return { note: `${said} is the name of ${usable.length} places: name the channel's id` };
  if (matching.length > 0) return { note: `${said} takes nothing at present` };
  return { note: `${said} is no channel that has the bot, and no webhook` };
}

function fallbackOf(places: readonly NamedPlace[], { fallback }: KnownPlaces) {
  const found = fallback === undefined ? undefined : resolve(fallback, "PLGATE_TEAMS_CHANNEL", places);
  if (found && "place" in found) return { place: found.place, notes: [] };
  const first = places.find(({ usable }) => usable)?.place;
  const instead = first ? `: ${first.kind} ${first.id} stands in for it` : "";
  const said = `PLGATE_TEAMS_CHANNEL names no single place that can be used at present${instead}`;
  return { place: first, notes: found ? [said] : [] };
}

function nowhere(places: readonly NamedPlace[], { tenantId, webhooks, channels: known }: KnownPlaces): string {
  if (places.length === 0 && known === null) return "no bot is configured (PLGATE_BOT_APP_ID)";
  if (places.length > 0)
    return "no channel or webhook takes anything at present: see the log for what each of them says";
  const channels = `the bot is in no channel of tenant ${tenantId}: add the app to a team`;
  return webhooks.length > 0 ? `${channels}, or mend the webhooks` : channels;
}

/** In an order that every host agrees on: channels by id, then webhooks by name, since nobody can answer in a webhook. */
function placesIn({ channels, webhooks, tenantId }: KnownPlaces): readonly NamedPlace[] {
  const ours = (channels ?? []).filter((channel) => channel.tenantId.toLowerCase() === tenantId.toLowerCase());
  return [
    ...ours.toSorted((one, other) => (one.channelId < other.channelId ? -1 : 1)).map(namedChannel),
    ...webhooks.toSorted((one, other) => (one < other ? -1 : 1)).map(namedWebhook),
  ];
}

function namedChannel({ channelId, channelName, teamId, teamName, usable }: KnownChannel): NamedPlace {
  // Teams gives no name for the channel that every team begins with: clients translate it. Its id is the team's.
  const name = channelName ?? (channelId === teamId ? "General" : undefined);
  const names = name ? [name, ...(teamName ? [`${teamName}/${name}`] : [])] : [];
  return { place: { kind: "channel", id: channelId }, names: names.map(folded), usable: usable ?? true };
}

function namedWebhook(name: string): NamedPlace {
  return { place: { kind: "webhook", id: name }, names: [folded(name)], usable: true };
}

function folded(name: string): string {
  return name.trim().normalize("NFC").toLowerCase();
}

function distinct(places: readonly Place[]): readonly Place[] {
  return places.filter((place, at) => places.findIndex((other) => isSame(place, other)) === at);
}

function isSame(one: Place, other: Place): boolean {
  return one.kind === other.kind && one.id === other.id;
}
