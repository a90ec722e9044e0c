import assert from "node:assert/strict";
import type { OutboxEntry } from "../../src/ledger/commit.ts";
import type { ReviewerGroup } from "../../src/policy/evaluate.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { dispatch, dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import { postMissingCards } from "../../src/workflow/missing-cards.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { event, request, step } from "../builders.ts";
import { fakePorts } from "../fakes/ports.ts";

export const [network, security, everybody] = ["19:network", "19:security", "19:everybody"] as const;

/** Asked are the people of two channels and of a webhook. */
export const reviewers: readonly ReviewerGroup[] = [
  { group: "g1", name: "network", approvals: 1, channels: [network, "ops"] },
  { group: "g2", name: "security", approvals: 1, channels: [security, network] },
];
export const asked = request({ state: "awaiting-decision", shown: true, reviewers });
export const approved: Partial<ApprovalRequest> = { state: "approved", outcome: "Approved on ARM." };

/** Fakes whose bot is in three channels, of which one is the fallback, with one webhook. */
export function channelStage() {
  const ports = fakePorts();
  ports.notifier.channels = [network, security, everybody];
  ports.notifier.webhooks = ["ops"];
  ports.notifier.fallback = everybody;
  return ports;
}

export type ChannelStage = ReturnType<typeof channelStage>;

/** Puts the request on record, or its next state, and tells what is to be done then. */
export async function commit(
  change: Partial<ApprovalRequest>,
  ports: Pick<Ports, "ledger">,
  more: { readonly remind?: "half" | "nine-tenths" } = {},
): Promise<readonly OutboxEntry[]> {
  const before = await ports.ledger.request(asked.id);
  const next = { ...(before?.request ?? asked), ...change };
  const about = more.remind
    ? event({ kind: "reminded", detail: { step: more.remind, dueAt: null } }, next)
    : event({ kind: before ? "voted" : "requested" }, next);
  const committed = await ports.ledger.commit(
    step({
      key: `${before?.etag ?? "new"}`,
      request: next,
      expected: before?.etag ?? null,
      events: [about],
      notify: true,
      remind: more.remind !== undefined,
    }),
  );
  assert.ok(committed.kind === "committed", committed.kind);
  return committed.outbox;
}

export async function change(to: Partial<ApprovalRequest>, ports: Ports, more = {}): Promise<void> {
  await dispatch(await commit(to, ports, more), ports);
}

/** Other hosts do what was left over, for some minutes. */
export async function recover(ports: ChannelStage, minutes = 6): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    ports.clock.advance(65);
    await dispatchLeftOver(ports);
    await postMissingCards(ports, "missing");
  }
}

/** Where cards stand that are remembered, and in which state people see them. */
export async function shownIn({ cards, notifier }: ChannelStage): Promise<Readonly<Record<string, string>>> {
  const standing = (await cards.all(asked.id)).filter((one) => one.kind === "standing");
  const states = standing.map(({ place, card }) => {
    const last = notifier.updated.findLast((one) => one.card.activityId === card?.activityId);
    return [place.id, card ? (last?.view.request.state ?? "announced") : "told"] as const;
  });
  return Object.fromEntries(states.sort());
}

/** Every message that ever was a card, by place: more than one in a place is a second card. */
export function cardsEver({ notifier }: ChannelStage): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { place } of notifier.cardsOf(asked.id)) counts[place] = (counts[place] ?? 0) + 1;
  return counts;
}

export function linesIn(place: string, { notifier }: ChannelStage): number {
  return notifier.posted.filter((one) => one.place.id === place).length;
}
