import type { PolicyInForce } from "../../src/policy/evaluate.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Policies, PoliciesNow, PolicyLine, PolicyProblem } from "../../src/workflow/ports.ts";

/** Policies in force as a test set them; `breakDown` makes the store throw, as a real one must not. */
export class FakePolicies implements Policies {
  #now: PoliciesNow;
  #broken = false;
  calls = 0;

  constructor(...inForce: readonly PolicyInForce[]) {
    this.#now = { inForce, problems: [] };
  }

  set(inForce: readonly PolicyInForce[], problems: readonly PolicyProblem[] = []): void {
    this.#now = { inForce, problems };
  }

  breakDown(): void {
    this.#broken = true;
  }

  async current(): Promise<PoliciesNow> {
    this.calls += 1;
    if (this.#broken) throw new PlgateError("the policy store does not answer", { retryable: true });
    return this.#now;
  }

  async list(): Promise<readonly PolicyLine[]> {
    if (this.#broken) throw new PlgateError("the policy store does not answer", { retryable: true });
    const by = { author: "Ada", note: "CHG001", at: "2026-11-24T10:00:00.000Z", problem: null };
    return this.#now.inForce.map(({ policy: { name, sha256 }, version }) => ({
      ...{ name, version, sha256, ...by, inForce: version, latest: version },
    }));
  }
}
