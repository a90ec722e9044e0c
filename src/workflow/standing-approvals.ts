import type { ServiceRef } from "../connection/arm-id.ts";
import { type LiveApproval, standingOf } from "../requests/live-approval.ts";
import type { ApprovalRequest, Live } from "../requests/request.ts";
import { serviceKey } from "../requests/request-id.ts";
import type { Ledger } from "./ports.ts";

/** The approvals that stand at one service, kept up to date while one look goes on. */
export class StandingApprovals {
  readonly #ledger: Pick<Ledger, "rememberApproval" | "forgetApproval">;
  readonly #service: ServiceRef;
  /** By connection id, lower-cased. */
  #standing = new Map<string, LiveApproval>();

  constructor(service: ServiceRef, ledger: Pick<Ledger, "rememberApproval" | "forgetApproval">) {
    this.#service = service;
    this.#ledger = ledger;
  }

  begin(approvals: readonly LiveApproval[]): void {
    this.#standing = new Map(approvals.map((approval) => [approval.connectionId.toLowerCase(), approval]));
  }

  get all(): readonly LiveApproval[] {
    return [...this.#standing.values()];
  }

  of(connectionId: string): LiveApproval | undefined {
    return this.#standing.get(connectionId.toLowerCase());
  }

  /** What a commit of ours left: an approval stands from the commit on that says so (ledger/commit.ts). */
  async saw(request: ApprovalRequest): Promise<void> {
    if (request.state === "approved") this.#keep(standingOf(request));
    // What was revoked is on record; should we die before this line, the next look finds that and forgets it then.
    if (request.live && request.state === "rejected") await this.forget(request.connectionId);
  }

  /** Derived data, written without an event. */
  async remember(approval: LiveApproval): Promise<void> {
    await this.#ledger.rememberApproval(serviceKey(this.#service.id), approval);
    this.#keep(approval);
  }

  /** Stands no longer; why is on record. */
  async forget(connectionId: string): Promise<void> {
    await this.#ledger.forgetApproval(serviceKey(this.#service.id), connectionId);
    this.#standing.delete(connectionId.toLowerCase());
  }

  /** What is asked about a connection, with the end of its approval, which is another one once it is kept. */
  asked(connectionId: string, live: Live): Live {
    const approval = this.of(connectionId);
    if (!approval) return live;
    const { requestId, expiresAt, since, lasts } = approval;
    const minutes = expiresAt === null ? 0 : (Date.parse(expiresAt) - Date.parse(since)) / 60_000;
    const end = expiresAt === null ? {} : { ends: expiresAt, lasts: lasts ?? `PT${Math.max(1, Math.round(minutes))}M` };
    return { ...live, approval: live.approval ?? requestId, ...end };
  }

  #keep(approval: LiveApproval): void {
    this.#standing.set(approval.connectionId.toLowerCase(), approval);
  }
}
