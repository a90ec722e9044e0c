import { type Answer, json } from "../exchange.ts";

/*
 * What the Bot Connector says when it does not do as told (teams.md sections 2 and 5). Statuses and codes are documented ones;
 * the texts are ours, and no code may depend on them.
 */

/** Too many requests; `retryAfterSeconds` left out: without a hint how long to wait. */
export function throttled(retryAfterSeconds?: number): Answer {
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return failure(429, "Throttled", "Too many requests.", headers);
}

/** Several writers at once on one conversation. */
export function preconditionFailed(): Answer {
  return failure(412, "PreconditionFailed", "Several operations on one conversation.");
}

export function conversationNotFound(): Answer {
  return failure(404, "ConversationNotFound", "Conversation not found.");
}

/** Seen now and then on updates of a card that is there. */
export function activityNotFound(): Answer {
  return failure(404, "ActivityNotFoundInConversation", "The activity was not found in the conversation.");
}

/** The bot was removed from the team, or never added. */
export function botNotInstalled(): Answer {
  return failure(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.");
}

/** The bot is there and may not do this; the text tells what. */
export function notEnoughPermissions(): Answer {
  return failure(403, "NotEnoughPermissions", "The bot may not post here.");
}

export function unauthorized(): Answer {
  return json(401, { message: "Authorization has been denied for this request." });
}

/** From a gateway in front of the connector: not JSON. */
export function badGateway(): Answer {
  return { status: 502, headers: { "content-type": "text/html" }, body: "<html><body>502 Bad Gateway</body></html>" };
}

export function gatewayTimeout(): Answer {
  return {
    status: 504,
    headers: { "content-type": "text/html" },
    body: "<html><body>504 Gateway Time-out</body></html>",
  };
}

export function badRequest(message: string): Answer {
  return failure(400, "BadSyntax", message);
}

function failure(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return json(status, { error: { code, message } }, headers);
}
