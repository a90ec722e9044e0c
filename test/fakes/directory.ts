import { PlgateError } from "../../src/runtime/errors.ts";
import type { Directory } from "../../src/workflow/ports.ts";

/** Group memberships as a test wrote them down; `breakDown` makes every question fail until `repair`. */
export class FakeDirectory implements Directory {
  readonly #members = new Map<string, Set<string>>();
  #broken = false;
  calls = 0;

  add(group: string, ...objectIds: readonly string[]): this {
    const members = this.#members.get(group.toLowerCase()) ?? new Set();
    for (const objectId of objectIds) members.add(objectId.toLowerCase());
    this.#members.set(group.toLowerCase(), members);
    return this;
  }

  breakDown(): void {
    this.#broken = true;
  }

  repair(): void {
    this.#broken = false;
  }

  async groupsOf(objectId: string, groups: readonly string[]): Promise<readonly string[]> {
    this.calls += 1;
    if (this.#broken) throw new PlgateError("the directory does not answer", { retryable: true });
    return groups.filter((group) => this.#members.get(group.toLowerCase())?.has(objectId.toLowerCase()));
  }
}
