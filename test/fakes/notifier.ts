import { PlgateError } from "../../src/runtime/errors.ts";
import type { Notifier, RequestView, SentCard, Shown } from "../../src/workflow/ports.ts";

/** A channel in memory: what was posted and updated, in order. Behaviour is set by `mode` and holds until changed. */
export class FakeNotifier implements Notifier {
  readonly posted: { readonly view: RequestView; readonly card: SentCard }[] = [];
  readonly updated: { readonly view: RequestView; readonly card: SentCard }[] = [];
  /** `lost-answer`: the card stands in the channel, but the caller is told of a failure. */
  mode: "shown" | "nowhere" | "unreachable" | "lost-answer" = "shown";

  async post(view: RequestView): Promise<Shown> {
    const stopped = this.#stopped();
    if (stopped) return stopped;
    const card = cardNumber(this.posted.length + 1);
    this.posted.push({ view, card });
    if (this.mode === "lost-answer") throw new PlgateError("Teams did not answer in time", { retryable: true });
    return { kind: "shown", card };
  }

  async update(view: RequestView, card: SentCard): Promise<Shown> {
    const stopped = this.#stopped();
    if (stopped) return stopped;
    this.updated.push({ view, card });
    if (this.mode === "lost-answer") throw new PlgateError("Teams did not answer in time", { retryable: true });
    return { kind: "shown", card };
  }

  /** The state that a person sees on the card now. */
  showing(requestId: string): RequestView | undefined {
    return [...this.posted, ...this.updated].findLast(({ view }) => view.request.id === requestId)?.view;
  }

  #stopped(): Shown | undefined {
    if (this.mode === "nowhere") return { kind: "nowhere", why: "Teams is not configured" };
    if (this.mode === "unreachable") throw new PlgateError("Teams cannot be reached", { retryable: true });
    return undefined;
  }
}

function cardNumber(n: number): SentCard {
  return {
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    tenantId: "33333333-0000-0000-0000-000000000003",
    channelId: "19:approvals@thread.tacv2",
    conversationId: `19:approvals@thread.tacv2;messageid=${n}`,
    activityId: String(n),
  };
}
