import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { RequestId } from "../requests/request-id.ts";
import type { StoredRequest } from "./ports.ts";

/** The open requests of one service, kept up to date while one look goes on. */
export class OpenRequests {
  #open = new Map<string, StoredRequest>();
  /** By connection id, lower-cased. */
  #on = new Map<string, RequestId>();
  readonly #endedHere = new Map<string, StoredRequest>();

  begin(open: readonly StoredRequest[]): void {
    this.#open = new Map(open.map((stored) => [stored.request.id, stored]));
    this.#on = new Map(open.map(({ request }) => [request.connectionId.toLowerCase(), request.id]));
  }

  get all(): readonly StoredRequest[] {
    return [...this.#open.values()];
  }

  get(id: RequestId): StoredRequest | undefined {
    return this.#open.get(id);
  }

  /** The one about this connection. */
  on(connectionId: string): StoredRequest | undefined {
    const id = this.#on.get(connectionId.toLowerCase());
    return id && this.#open.get(id);
  }

  /** Keeps what a commit left; true when the request was open until now. */
  saw(stored: StoredRequest): boolean {
    const { request } = stored;
    if (!isOpen(request)) {
      this.#endedHere.set(request.id, stored);
      return this.#open.delete(request.id);
    }
    this.#open.set(request.id, stored);
    this.#on.set(request.connectionId.toLowerCase(), request.id);
    return false;
  }

  /** The one about this connection that ended in this look, the last of several. */
  endedOn(connectionId: string): StoredRequest | undefined {
    const id = connectionId.toLowerCase();
    return [...this.#endedHere.values()].findLast(({ request }) => request.connectionId.toLowerCase() === id);
  }

  /** True when somebody else ended the request after this look began: what was read of its connection is old news. */
  endedMeanwhile({ id, updatedAt }: ApprovalRequest, began: number): boolean {
    return !this.#endedHere.has(id) && new Date(updatedAt).getTime() > began;
  }
}
