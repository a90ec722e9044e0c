import { PlgateError } from "../../src/runtime/errors.ts";
import { routerOf } from "../../src/teams/places.ts";
import type {
  Announced,
  Bulletin,
  CardRecord,
  Notifier,
  Place,
  RequestView,
  Router,
  SentCard,
  Told,
  Updated,
} from "../../src/workflow/ports.ts";

type Standing = Pick<CardRecord, "place" | "card">;
type Step = "half" | "nine-tenths";

/** Channels and webhooks in memory: what was announced, shown and said there, in order. `mode` holds until changed. */
export class FakeNotifier implements Notifier {
  /** Ids of channels, and names of webhooks. */
  channels: readonly string[] = ["19:approvals@thread.tacv2"];
  webhooks: readonly string[] = [];
  fallback: string | undefined;
  /** Places that take nothing, whatever the router thinks of them. */
  readonly closed = new Set<string>();
  /** Cards that cannot be found any more, by their activity. */
  readonly missing = new Set<string>();

  readonly posted: { readonly view: RequestView; readonly place: Place; readonly card: SentCard | null }[] = [];
  readonly updated: { readonly view: RequestView; readonly card: SentCard }[] = [];
  readonly reminded: { readonly place: Place; readonly step: Step }[] = [];
  readonly bulletins: { readonly bulletin: Bulletin; readonly place: Place }[] = [];
  readonly ended: { readonly view: RequestView; readonly place: Place }[] = [];
  /** `lost-answer`: it was done, but the caller is told of a failure. */
  mode: "shown" | "nowhere" | "unreachable" | "lost-answer" = "shown";

  async router(): Promise<Router> {
    const { webhooks, fallback } = this;
    const tenantId = "33333333-0000-0000-0000-000000000003";
    const reference = { tenantId, teamId: "19:team", channelName: null };
    const channels = this.channels.map((channelId) => ({ ...reference, channelId }));
    return routerOf({
      tenantId,
      fallback,
      ...(this.mode === "nowhere" ? { channels: [], webhooks: [] } : { channels, webhooks }),
    });
  }

  async announce(view: RequestView, place: Place): Promise<Announced> {
    const stopped = this.#stopped(place);
    if (stopped) return stopped;
    const card = place.kind === "channel" ? cardNumber(this.posted.length + 1, place.id) : null;
    this.posted.push({ view, place, card });
    this.#loseAnswer();
    return { kind: "announced", card };
  }

  async update(view: RequestView, card: SentCard): Promise<Updated> {
    const stopped = this.#stopped({ kind: "channel", id: card.channelId });
    if (stopped) return stopped;
    if (this.missing.has(card.activityId)) return { kind: "missing" };
    this.updated.push({ view, card });
    this.#loseAnswer();
    return { kind: "shown" };
  }

  async remind(_view: RequestView, { place }: Standing, step: Step): Promise<Told> {
    return this.#say(place, () => this.reminded.push({ place, step }));
  }

  async tellEnd(view: RequestView, { place }: Standing): Promise<Told> {
    return this.#say(place, () => this.ended.push({ view, place }));
  }

  async bulletin(bulletin: Bulletin, place: Place): Promise<Told> {
    return this.#say(place, () => this.bulletins.push({ bulletin, place }));
  }

  /** What people see on the cards of a request now: one view for each card that stands, by its place. */
  cardsOf(requestId: string): readonly { readonly place: string; readonly view: RequestView }[] {
    const last = new Map<string, { readonly place: string; readonly view: RequestView }>();
    for (const { view, card } of this.updated) {
      if (view.request.id !== requestId) continue;
      last.set(card.activityId, { place: card.channelId, view });
    }
    return [...last.values()];
  }

  /** The state that a person sees on the request's card that was shown last. */
  showing(requestId: string): RequestView | undefined {
    return this.updated.findLast(({ view }) => view.request.id === requestId)?.view;
  }

  #say(place: Place, act: () => unknown): Told {
    const stopped = this.#stopped(place);
    if (stopped) return stopped;
    act();
    this.#loseAnswer();
    return { kind: "told" };
  }

  #stopped({ id }: Place): { readonly kind: "gone"; readonly why: string } | undefined {
    if (this.mode === "unreachable") throw new PlgateError("Teams cannot be reached", { retryable: true });
    return this.closed.has(id) ? { kind: "gone", why: `${id} takes nothing` } : undefined;
  }

  #loseAnswer(): void {
    if (this.mode === "lost-answer") throw new PlgateError("Teams did not answer in time", { retryable: true });
  }
}

function cardNumber(n: number, channelId: string): SentCard {
  return {
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    tenantId: "33333333-0000-0000-0000-000000000003",
    channelId,
    conversationId: `${channelId};messageid=${n}`,
    activityId: String(n),
  };
}
