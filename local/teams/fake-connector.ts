import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, bearerOf, type Call, isObject, json, listen, objectIn, type Route } from "../exchange.ts";
import { activityNotFound, badRequest, conversationNotFound, throttled } from "./connector-answers.ts";
import { type ConnectorLimit, type SlidingWindows, slidingWindows } from "./connector-limits.ts";
import { type Conversations, createConversations, type SentActivity, type Thread } from "./conversations.ts";
import type { PlaygroundPerson } from "./playground-config.ts";
import { type Closed, type FakeTeam, type TeamChannels, teamChannels } from "./team-channels.ts";

type ConnectorOperation = "create" | "send" | "update" | "members" | "member" | "channels";

/** One request as it arrived, whatever became of it. */
type ConnectorRequest = {
  readonly operation: ConnectorOperation;
  /** Decoded; absent for `create`. For `channels` the team. */
  readonly conversationId?: string;
  /** Of the updated activity, or the asked member. */
  readonly itemId?: string;
  /** Recorded, never verified. */
  readonly bearer: string | undefined;
  readonly body: SentActivity | undefined;
  readonly at: Date;
  /** The status of the answer; undefined until it is given. A caller that was killed meanwhile never saw it. */
  status?: number;
};

/** What to say instead of doing as told. */
type Interference = {
  /** Every operation when left out. */
  readonly on?: ConnectorOperation;
  /** How many requests it meets, one when left out. */
  readonly times?: number;
  /** The ordinary one when left out, for a connector that is slow but right. */
  readonly answer?: Answer;
  readonly delayMs?: number;
  /** Do it and then give the answer: the sender cannot know that it worked. */
  readonly afterEffect?: boolean;
};

export type FakeConnectorOptions = {
  /** Https with this certificate; plain http when left out. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly port?: number;
  readonly now?: () => Date;
  readonly tenantId?: string;
  /** Members of every conversation. */
  readonly people?: readonly PlaygroundPerson[];
  /** The teams that the bot is in. */
  readonly teams?: readonly FakeTeam[];
  /** Answers 429 beyond these, per channel, whoever calls; left out: as much as anybody likes. */
  readonly limits?: readonly ConnectorLimit[];
};

export type FakeConnector = {
  /** With a region as its path, as the real ones have. */
  readonly serviceUrl: string;
  /** All requests so far, oldest first. */
  readonly requests: readonly Readonly<ConnectorRequest>[];
  threads(): readonly Thread[];
  /** From now on calls for the channel get the answer of a closed one. */
  close(channelId: string, how: Closed): void;
  open(channelId: string): void;
  /** Queues an interference; the first one that fits a request meets it. */
  interfere(interference: Interference): void;
  stop(): Promise<void>;
};

type Inside = {
  readonly options: FakeConnectorOptions;
  readonly now: () => Date;
  readonly conversations: Conversations;
  readonly channels: TeamChannels;
  readonly windows: SlidingWindows;
  readonly requests: ConnectorRequest[];
  readonly interferences: { readonly what: Interference; left: number }[];
};

/**
 * A Bot Connector of our own for the app's tests (local-azure.md section E): it fails on demand, which the Playground cannot.
 *
 * It checks shapes as strictly as Teams is known to and refuses what it does not know. It says nothing about rendering.
 */
export async function startFakeConnector(options: FakeConnectorOptions = {}): Promise<FakeConnector> {
  const now = options.now ?? (() => new Date());
  const inside: Inside = {
    ...{ options, now, conversations: createConversations(now), channels: teamChannels(options.teams ?? []) },
    ...{ windows: slidingWindows(options.limits ?? []), requests: [], interferences: [] },
  };
  const server = options.tls ? createSecureServer(options.tls) : createServer();
  const { port, stop } = await listen(server, options.port ?? 0, [connectorRoute(inside)]);
  return {
    serviceUrl: `${options.tls ? "https" : "http"}://127.0.0.1:${port}/emea/`,
    requests: inside.requests,
    threads: inside.conversations.threads,
    close: inside.channels.close,
    open: inside.channels.open,
    interfere: (what) => {
      inside.interferences.push({ what, left: what.times ?? 1 });
    },
    stop,
  };
}

function connectorRoute(inside: Inside): Route {
  return async (call) => {
    const request = recognise(call, inside.now());
    if (!request) return undefined;
    inside.requests.push(request);
    const answer = await answerTo(request, inside);
    request.status = answer.status;
    return answer;
  };
}

async function answerTo(request: ConnectorRequest, inside: Inside): Promise<Answer> {
  const tooMany = limited(request, inside);
  if (tooMany) return tooMany;
  const interference = take(request.operation, inside);
  if (!interference) return perform(request, inside);
  if (interference.delayMs !== undefined) await sleep(interference.delayMs, undefined, { ref: false });
  const { answer, afterEffect } = interference;
  if (answer && !afterEffect) return answer;
  const done = perform(request, inside);
  return answer ?? done;
}

function limited(request: ConnectorRequest, { windows }: Inside): Answer | undefined {
  const channel = channelOf(request);
  if (channel === undefined) return undefined;
  const waitMs = windows.ask(channel, request.at.getTime());
  return waitMs === undefined ? undefined : throttled(Math.ceil(waitMs / 1000));
}

/** Of a call that writes: the channel that its thread is in. */
function channelOf({ operation, conversationId, body }: ConnectorRequest): string | undefined {
  if (operation === "send" || operation === "update") return conversationId?.split(";messageid=")[0];
  return operation === "create" ? channelIn(body) : undefined;
}

function channelIn(body: SentActivity | undefined): string | undefined {
  const channelData = body?.["channelData"];
  const channel = isObject(channelData) && isObject(channelData["channel"]) ? channelData["channel"]["id"] : undefined;
  return typeof channel === "string" ? channel : undefined;
}

function take(operation: ConnectorOperation, { interferences }: Inside): Interference | undefined {
  const found = interferences.find(({ what, left }) => left > 0 && (what.on ?? operation) === operation);
  if (found) found.left -= 1;
  return found?.what;
}

const routes: readonly (readonly [ConnectorOperation, string, RegExp])[] = [
  ["create", "POST", /^\/emea\/v3\/conversations$/],
  ["send", "POST", /^\/emea\/v3\/conversations\/([^/]+)\/activities$/],
  ["update", "PUT", /^\/emea\/v3\/conversations\/([^/]+)\/activities\/([^/]+)$/],
  ["members", "GET", /^\/emea\/v3\/conversations\/([^/]+)\/members$/],
  ["member", "GET", /^\/emea\/v3\/conversations\/([^/]+)\/members\/([^/]+)$/],
  ["channels", "GET", /^\/emea\/v3\/teams\/([^/]+)\/conversations$/],
];

function recognise(call: Call, at: Date): ConnectorRequest | undefined {
  for (const [operation, method, pattern] of routes) {
    const match = call.method === method ? pattern.exec(call.path) : null;
    if (!match) continue;
    const [conversationId, itemId] = match.slice(1).map(decodeURIComponent);
    return {
      operation,
      ...(conversationId === undefined ? {} : { conversationId }),
      ...(itemId === undefined ? {} : { itemId }),
      bearer: bearerOf(call),
      body: objectIn(call.body),
      at,
    };
  }
  return undefined;
}

function perform(request: ConnectorRequest, inside: Inside): Answer {
  const channel = channelOf(request);
  const refusal = channel === undefined ? undefined : inside.channels.refusal(channel);
  if (refusal) return refusal;
  switch (request.operation) {
    case "create":
      return create(request.body, inside);
    case "send":
      return send(request, inside);
    case "update":
      return update(request, inside);
    case "members":
      return json(200, members(inside));
    case "member":
      return member(request.itemId, inside);
    case "channels":
      return inside.channels.list(request.conversationId ?? "");
  }
}

function create(body: SentActivity | undefined, { conversations }: Inside): Answer {
  const { isGroup, bot, tenantId, activity } = body ?? {};
  const channel = channelIn(body);
  if (isGroup !== true || !isObject(bot) || typeof tenantId !== "string" || channel === undefined) {
    return badRequest("isGroup, bot, tenantId and channelData.channel.id are needed for a post in a channel");
  }
  if (!isMessage(activity)) return badRequest("activity must be a message with text or attachments");
  const { conversationId, activityId } = conversations.open(channel, activity);
  return json(201, { id: conversationId, activityId });
}

function send({ conversationId = "", body }: ConnectorRequest, { conversations }: Inside): Answer {
  if (!isMessage(body)) return badRequest("the activity must be a message with text or attachments");
  // To the channel itself: a new post. To a conversation in it: a reply.
  if (!conversationId.includes(";messageid=")) {
    return json(201, { id: conversations.open(conversationId, body).activityId });
  }
  const id = conversations.reply(conversationId, body);
  return id === undefined ? conversationNotFound() : json(201, { id });
}

function update({ conversationId = "", itemId = "", body }: ConnectorRequest, { conversations }: Inside): Answer {
  if (!isMessage(body)) return badRequest("the activity must be a message with text or attachments");
  const outcome = conversations.update(conversationId, itemId, body);
  if (outcome === "no-conversation") return conversationNotFound();
  return outcome === "no-activity" ? activityNotFound() : json(200, { id: itemId });
}

function isMessage(activity: unknown): activity is SentActivity {
  if (!isObject(activity) || activity["type"] !== "message") return false;
  return typeof activity["text"] === "string" || Array.isArray(activity["attachments"]);
}

function members({ options }: Inside) {
  return (options.people ?? []).map(({ id, name, aadObjectId, userPrincipalName }) => {
    const [givenName = name, ...surname] = name.split(" ");
    return {
      id,
      aadObjectId,
      name,
      givenName,
      surname: surname.join(" "),
      email: userPrincipalName,
      userPrincipalName,
      tenantId: options.tenantId,
      userRole: "user",
    };
  });
}

function member(id: string | undefined, inside: Inside): Answer {
  const found = members(inside).find((one) => one.id === id);
  return found
    ? json(200, found)
    : json(404, { error: { code: "MemberNotFoundInConversation", message: "Member not found." } });
}
