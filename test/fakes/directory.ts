import { PlgateError } from "../../src/runtime/errors.ts";
import type { Directory } from "../../src/workflow/ports.ts";

/**
 * Group memberships as a test wrote them down; `breakDown` makes every question fail until `repair`.
 * Everybody is a member of the tenant, but for those who were made guests or are unknown.
 */
export class FakeDirectory implements Directory {
  readonly #members = new Map<string, Set<string>>();
  readonly #guests = new Set<string>();
  readonly #unknown = new Set<string>();
  #broken = false;
  calls = 0;

  add(group: string, ...objectIds: readonly string[]): this {
    const members = this.#members.get(group.toLowerCase()) ?? new Set();
    for (const objectId of objectIds) members.add(objectId.toLowerCase());
    this.#members.set(group.toLowerCase(), members);
    return this;
  }

  makeGuest(objectId: string): void {
    this.#guests.add(objectId.toLowerCase());
  }

  forget(objectId: string): void {
    this.#unknown.add(objectId.toLowerCase());
  }

  breakDown(): void {
    this.#broken = true;
  }

  repair(): void {
    this.#broken = false;
  }

  async groupsOf(objectId: string, groups: readonly string[]): Promise<readonly string[]> {
    this.#answer();
    return groups.filter((group) => this.#members.get(group.toLowerCase())?.has(objectId.toLowerCase()));
  }

  async personOf(objectId: string): Promise<{ readonly guest: boolean } | undefined> {
    this.#answer();
    const key = objectId.toLowerCase();
    return this.#unknown.has(key) ? undefined : { guest: this.#guests.has(key) };
  }

  #answer(): void {
    this.calls += 1;
    if (this.#broken) throw new PlgateError("the directory does not answer", { retryable: true });
  }
}
