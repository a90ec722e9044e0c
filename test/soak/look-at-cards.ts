import type { Thread } from "../../local/teams/conversations.ts";
import { type Story, tellingsOf } from "../azure/stories.ts";

export type RequestStory = Extract<Story, { kind: "request" }>;

/** What stands in the channel for one request. */
export type Shown = { readonly request: string; readonly cards: number; readonly asks: readonly boolean[] };

const services = 10;

/**
 * So many requests that people are asked about, and a fifth as many that are withdrawn while their card is being posted.
 * Every host is told of some of both.
 */
export function escalations(count: number): readonly RequestStory[] {
  // Lives of number 2 and 3 of five: asked, and asked and withdrawn.
  const story = (number: number, at: number): RequestStory => ({
    ...{ kind: "request", service: `pls-${at % services}`, number },
  });
  return Array.from({ length: count }, (_, at) => [
    story(at * 5 + 2, at),
    ...(at % 5 === 0 ? [story(at * 5 + 3, at + 1)] : []),
  ]).flat();
}

export function shownOf(threads: readonly Thread[], stories: readonly RequestStory[]): readonly Shown[] {
  return stories.map((story) => {
    const request = requestOf(story).id;
    const own = threads.filter(({ shows, activity }) => shows === "card" && JSON.stringify(activity).includes(request));
    return { request, cards: own.length, asks: own.map(({ activity }) => asks(activity)) };
  });
}

/**
 * What is not as it should be: every request that people are asked about has exactly one card that is open; one that was
 * withdrawn has one card that is not, or none if it was gone before its card came.
 */
export function findingsIn(threads: readonly Thread[], stories: readonly RequestStory[]): readonly string[] {
  const shown = shownOf(threads, stories);
  return stories.flatMap((story, at) => {
    const { state, id } = requestOf(story);
    const { cards = 0, asks = [] } = shown[at] ?? {};
    if (cards > 1) return [`${id} has ${cards} cards`];
    const isOpen = state === "awaiting-decision";
    if (cards === 0) return isOpen ? [`${id} has no card`] : [];
    return asks[0] === isOpen ? [] : [`the card of ${id} does not show that it is ${state}`];
  });
}

/** As the story leaves it. */
function requestOf(story: RequestStory) {
  const last = tellingsOf(story).at(-1);
  if (last?.kind !== "step") throw new Error("a story of a request ends with a step");
  return last.step.request;
}

/** A card offers to be read anew while its request is open, whoever may answer it. */
function asks(activity: Thread["activity"]): boolean {
  return /"verb":"refresh"/.test(JSON.stringify(activity));
}
