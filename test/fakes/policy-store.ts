import type { Pointer, PublishedVersion } from "../../src/ledger/policy-record.ts";
import { policyDigest } from "../../src/policy/digest.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { PolicyVersions, StoredPointer, StoredVersion } from "../../src/workflow/ports.ts";

/** Versions and pointers of policies in memory. */
export class FakePolicyVersions implements PolicyVersions {
  readonly #versions = new Map<string, readonly StoredVersion[]>();
  readonly #pointers = new Map<string, StoredPointer>();
  #etag = 0;
  /** How the next moves of a pointer go wrong: before or after it moved. */
  readonly nextPoints: ("fails" | "lost-answer")[] = [];

  async keep(source: string, published: Omit<PublishedVersion, "version">): Promise<PublishedVersion> {
    const kept = this.#versions.get(published.name) ?? [];
    const last = kept.at(-1);
    if (last && policyDigest(last.source) === published.sha256) return last.published;
    const next = { ...structuredClone(published), version: kept.length + 1 };
    this.#versions.set(published.name, [...kept, { published: next, source }]);
    return next;
  }

  async version(name: string, version: number): Promise<StoredVersion | undefined> {
    return (this.#versions.get(name) ?? []).find(({ published }) => published.version === version);
  }

  async versions(name: string): Promise<readonly PublishedVersion[]> {
    return (this.#versions.get(name) ?? []).map(({ published }) => published).toReversed();
  }

  async pointers(): Promise<readonly StoredPointer[]> {
    return [...this.#pointers.values()];
  }

  async pointer(name: string): Promise<StoredPointer | undefined> {
    return this.#pointers.get(name);
  }

  async point(to: Pointer, seen: string | null): Promise<boolean> {
    const script = this.nextPoints.shift();
    if (script === "fails") throw new PlgateError("the store does not answer", { retryable: true });
    if ((this.#pointers.get(to.name)?.etag ?? null) !== seen) return false;
    this.#etag += 1;
    this.#pointers.set(to.name, { ...structuredClone(to), etag: `W/"${this.#etag}"` });
    if (script === "lost-answer") throw new PlgateError("the store did not answer in time", { retryable: true });
    return true;
  }

  /** As if this had been published by an engine that still took it. */
  forge(name: string, version: number, source: string): void {
    const kept = this.#versions.get(name) ?? [];
    const sha256 = policyDigest(source);
    const forged = kept.map((one) =>
      one.published.version === version ? { published: { ...one.published, sha256 }, source } : one,
    );
    this.#versions.set(name, forged);
  }
}
