import type { RequestId } from "../../src/requests/request-id.ts";
import type { CardClaim, Cards, Clock, Leaving, Place, PlaceRecord, Post, SentCard } from "../../src/workflow/ports.ts";

const claimSeconds = 60;

type Row =
  | { readonly kind: "standing"; readonly card: SentCard | null; readonly seq: number }
  | { readonly kind: "claimed"; readonly token: string; readonly until: number }
  | { readonly kind: "lost"; readonly at: Date };

/** Card records in memory. A claim runs out after a minute, because its holder may have died. */
export class FakeCards implements Cards {
  readonly #clock: Clock;
  readonly #rows = new Map<string, { readonly post: Post; readonly row: Row }>();
  #tokens = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async all(request: RequestId): Promise<readonly PlaceRecord[]> {
    const cards = [...this.#rows.values()].filter(({ post }) => post.request === request && post.what === "card");
    return cards.flatMap(({ post, row }) => this.#shown(post.place, row));
  }

  async claim(post: Post): Promise<CardClaim> {
    const row = this.#rowOf(post);
    if (row?.kind === "standing") {
      return { kind: "standing", record: { place: post.place, card: row.card, seq: row.seq } };
    }
    const now = this.#clock.now().getTime();
    if (row?.kind === "claimed" && row.until > now) return { kind: "busy" };
    this.#tokens += 1;
    const token = `claim-${this.#tokens}`;
    this.#put(post, { kind: "claimed", token, until: now + claimSeconds * 1000 });
    return { kind: "post", token };
  }

  async keep(post: Post, token: string, card: SentCard | null): Promise<boolean> {
    const row = this.#rowOf(post);
    if (row?.kind === "standing") return isSame(row.card, card);
    if (row?.kind !== "claimed" || row.token !== token) return false;
    this.#put(post, { kind: "standing", card, seq: 0 });
    return true;
  }

  async showed(post: Post, card: SentCard, seq: number): Promise<void> {
    const row = this.#rowOf(post);
    const isNews = row?.kind === "standing" && isSame(row.card, card) && row.seq < seq;
    if (isNews) this.#put(post, { kind: "standing", card, seq });
  }

  async release(post: Post, token: string, leaving: Leaving): Promise<void> {
    const row = this.#rowOf(post);
    if (row?.kind === "claimed" && row.token === token) this.#leave(post, leaving);
  }

  async drop(post: Post, card: SentCard | null, leaving: Leaving): Promise<void> {
    const row = this.#rowOf(post);
    if (row?.kind === "standing" && isSame(row.card, card)) this.#leave(post, leaving);
  }

  #shown(place: Place, row: Row): readonly PlaceRecord[] {
    switch (row.kind) {
      case "standing":
        return [{ kind: "standing", place, card: row.card, seq: row.seq }];
      case "claimed":
        return row.until > this.#clock.now().getTime() ? [{ kind: "claimed", place }] : [];
      case "lost":
        return [{ kind: "lost", place, at: row.at }];
    }
  }

  #leave(post: Post, leaving: Leaving): void {
    if (leaving === "free") this.#rows.delete(keyOf(post));
    else this.#put(post, { kind: "lost", at: this.#clock.now() });
  }

  #rowOf(post: Post): Row | undefined {
    return this.#rows.get(keyOf(post))?.row;
  }

  #put(post: Post, row: Row): void {
    this.#rows.set(keyOf(post), { post, row });
  }
}

function keyOf({ request, place, what }: Post): string {
  return `${request} ${place.kind} ${place.id} ${what}`;
}

function isSame(one: SentCard | null, other: SentCard | null): boolean {
  return one?.conversationId === other?.conversationId && one?.activityId === other?.activityId;
}
