import { people, providerTenant } from "./seed.ts";
import type { Stack } from "./stack.ts";

export type RequestLine = {
  readonly id: string;
  readonly state: string;
  readonly endpointId: string | null;
  readonly reason: string | null;
};
export type AuditLine = {
  readonly time: string;
  readonly kind: string;
  readonly who: string;
  readonly whoName: string | null;
  readonly door: string;
  readonly what: string;
  readonly connectionId: string | null;
};
type Verified = {
  readonly ok: boolean;
  readonly events: number;
  readonly chains: readonly unknown[];
  readonly anchors: { readonly newest: string | null } | null;
};
export type ServiceLine = { readonly id: string; readonly alias: string | null; readonly natIps: number | null };

/** plgate's API as Audrey the auditor uses it: a token of the local authority, and HTTP. */
export class DemoApi {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  async requests(): Promise<readonly RequestLine[]> {
    return (await this.#get<{ value: readonly RequestLine[] }>("requests?top=200")).value;
  }

  async audit(query: string): Promise<readonly AuditLine[]> {
    return (await this.#get<{ value: readonly AuditLine[] }>(`audit?${query}`)).value;
  }

  async services(): Promise<readonly ServiceLine[]> {
    return (await this.#get<{ value: readonly ServiceLine[] }>("services")).value;
  }

  verify(): Promise<Verified> {
    return this.#get<Verified>("audit/verify?anchors=true");
  }

  /** Somebody decides over HTTP. */
  async decide(
    { name }: { readonly name: string },
    id: string,
    decision: "approve" | "reject",
    justification: string,
  ): Promise<void> {
    const { issuer, host } = this.#stack;
    const token = await issuer.mintUserToken({ user: name, tenant: providerTenant });
    const answer = await fetch(`${host.url}/api/requests/${id}/decision`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ decision, justification }),
      signal: AbortSignal.timeout(15_000),
    });
    if (!answer.ok) throw new Error(`the decision was answered ${answer.status}: ${await answer.text()}`);
  }

  async #get<T>(path: string): Promise<T> {
    const { issuer, host } = this.#stack;
    const token = await issuer.mintUserToken({ user: people.audrey.name, tenant: providerTenant });
    // A host that is just being replaced does not answer; the caller of a real API would try again, too.
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await fetch(`${host.url}/api/${path}`, {
          headers: { authorization: `Bearer ${token}` },
          signal: AbortSignal.timeout(15_000),
        });
        if (!answer.ok)
          throw new Error(`GET ${path} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
        return JSON.parse(await answer.text());
      } catch (error) {
        if (attempt >= triesOf(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }
}

/** Nobody listens while a new host starts, which on a busy machine takes its time; an answer that is wrong stays wrong. */
function triesOf(error: unknown): number {
  return error instanceof TypeError ? 30 : 5;
}
