import type { Actor } from "../decision/decision.ts";
import type { OutboxEntry } from "../ledger/commit.ts";
import { messageOf } from "../runtime/errors.ts";
import { dispatchMeanwhile, type Patience } from "./dispatch-meanwhile.ts";
import { type Ballot, hasIdentity, type RefusalReason } from "./may-decide.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import { about, type Hand } from "./record.ts";

/** A refusal as the audit holds it: the workflow's own reasons, and those of a door that let nobody come so far. */
export type RecordedReason = Exclude<RefusalReason, "unknown-request"> | "foreign-place";

export type Refused = { readonly why: RecordedReason } & Pick<Ballot, "person" | "door" | "correlation">;

const triesAtMost = 10;

/**
 * Puts a vote that was not taken on record, once for each person and reason: enough to see it, too little to flood. Whoever
 * brings no identity is one person, called outside.
 *
 * Never throws, because the person is refused in any case: a record that cannot be written is in the log.
 */
export async function recordRefusal(
  stored: StoredRequest,
  refused: Refused,
  ports: Ports,
  patience: Patience = "patient",
): Promise<void> {
  const { id } = stored.request;
  try {
    const outbox = await record(stored, refused, ports);
    if (outbox) await dispatchMeanwhile(outbox, ports, patience);
    else ports.log.error("a refused vote is not on record: the request keeps changing", { request: id });
  } catch (error) {
    ports.log.error("a refused vote could not be put on record", { request: id, error: messageOf(error) });
  }
}

/** What is to follow; undefined when it is not on record. */
async function record(
  seen: StoredRequest,
  { why, ...ballot }: Refused,
  ports: Ports,
): Promise<readonly OutboxEntry[] | undefined> {
  const hand = handOfVoter(ballot, ports);
  const { id } = seen.request;
  let stored: StoredRequest | undefined = seen;
  for (let attempt = 1; stored && attempt <= triesAtMost; attempt += 1) {
    const { request, etag }: StoredRequest = stored;
    const committed = await ports.ledger.commit({
      key: `${id}|vote-refused|${keyOf(hand.who)}|${why}`,
      request,
      expected: etag,
      events: [
        about(request, "vote-refused", hand, "Somebody tried to decide and was refused.", {
          detail: { reason: why, door: hand.door },
        }),
      ],
      notify: false,
    });
    if (committed.kind === "committed") return committed.outbox;
    if (committed.kind === "already-there") return [];
    stored = await ports.ledger.request(id);
  }
  return undefined;
}

function keyOf(who: Actor): string {
  return who.kind === "person" ? `${who.tenantId}|${who.objectId}` : who.kind;
}

/** Who acts in the name of this ballot. */
export function handOfVoter(
  ballot: Pick<Ballot, "person" | "door" | "correlation">,
  ports: Pick<Ports, "clock">,
): Hand {
  const { person, door, correlation } = ballot;
  const { objectId = "", tenantId, name } = person;
  const who: Actor = hasIdentity(ballot)
    ? { kind: "person", objectId: objectId.toLowerCase(), tenantId: tenantId.toLowerCase(), name }
    : { kind: "outside" };
  return { who, door, correlation, clock: ports.clock };
}
