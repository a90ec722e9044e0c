import type { RequestId } from "../../src/requests/request-id.ts";
import type { CardClaim, CardRecord, Cards, Clock } from "../../src/workflow/ports.ts";

const claimSeconds = 60;

/** Card records in memory. A claim runs out after a minute, because its holder may have died. */
export class FakeCards implements Cards {
  readonly #clock: Clock;
  readonly #records = new Map<RequestId, CardRecord>();
  readonly #claims = new Map<RequestId, { readonly token: string; readonly until: number }>();
  #tokens = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async find(request: RequestId): Promise<CardRecord | undefined> {
    return this.#records.get(request);
  }

  async claim(request: RequestId): Promise<CardClaim> {
    const record = this.#records.get(request);
    if (record) return { kind: "update", record };
    const now = this.#clock.now().getTime();
    const claim = this.#claims.get(request);
    if (claim && claim.until > now) return { kind: "busy" };
    this.#tokens += 1;
    const token = `claim-${this.#tokens}`;
    this.#claims.set(request, { token, until: now + claimSeconds * 1000 });
    return { kind: "post", token };
  }

  async keep(request: RequestId, record: CardRecord): Promise<void> {
    const before = this.#records.get(request);
    if (!before || before.seq <= record.seq) this.#records.set(request, record);
    this.#claims.delete(request);
  }

  async release(request: RequestId, token: string): Promise<void> {
    if (this.#claims.get(request)?.token === token) this.#claims.delete(request);
  }
}
