import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RequestQuery } from "../../src/ledger/query.ts";
import type { ApprovalRequest, RequestState, VerdictSummary } from "../../src/requests/request.ts";
import type { Index, RequestLine } from "../../src/workflow/ports.ts";
import { aConnectionRef, aServiceRef, customer, noon, request } from "../builders.ts";
import { hostileTexts } from "./hostile-texts.ts";

export type OpenIndex = () => Promise<Index>;

const other = "88888888-0000-0000-0000-000000000008";

/** What every list of requests keeps. */
export function requestListContract(name: string, open: OpenIndex): void {
  describe(`List of requests, contract: ${name}`, () => {
    lineContract(open);
    searchContract(open);
  });
}

function lineContract(open: OpenIndex): void {
  it("shows a request as it stands, with the consumer's name and the verdict's reason", async () => {
    const index = await open();
    const verdict: VerdictSummary = {
      effect: "review",
      decidedBy: ["pci"],
      reason: "A PCI service.",
      unavailable: [],
      expiresAfter: null,
      policies: [],
    };
    const of = request({ state: "awaiting-decision", verdict });
    await index.putRequest(of, 3);
    const { id, serviceId, connectionId, endpointId } = of;
    assert.deepEqual(await index.searchRequests({ top: 10 }), {
      requests: [
        {
          ...{ id, serviceId, connectionId, endpointId, consumerSubscriptionId: customer, state: "awaiting-decision" },
          ...{ requestedAt: noon, updatedAt: noon, outcome: null, consumerName: "Contoso", reason: "A PCI service." },
        },
      ],
      next: null,
    });
  });

  it("says why an approved connection is looked at again, and nothing of the kind of other requests", async () => {
    const index = await open();
    const live = { cause: "expiry", why: "Its approval ends.", approval: request().id } as const;
    await index.putRequest(request({ state: "awaiting-decision", live, round: 2 }), 3);
    const [line] = (await index.searchRequests({ top: 10 })).requests;
    assert.deepEqual([line?.live, line?.reason], ["expiry", live.why]);
  });

  it("never goes back to an older state, whatever the order in which it is told", async () => {
    const index = await open();
    const steps = states("awaiting-decision", "approving", "approved");
    for (const [seq, of] of [
      [4, steps[1]],
      [2, steps[0]],
      [4, steps[1]],
      [6, steps[2]],
      [2, steps[0]],
      [4, steps[1]],
    ] as const) {
      if (of) await index.putRequest(of, seq);
    }
    assert.deepEqual(await listed(index, {}), [["pe-0", "approved"]]);
    assert.deepEqual(await listed(index, { status: "open" }), []);
  });

  it("ends with the latest state when all states are told at the same time", async () => {
    const index = await open();
    const steps = states("awaiting-decision", "approving", "failed", "approved");
    await Promise.all(steps.map((of, seq) => index.putRequest(of, seq + 1)));
    assert.deepEqual(await listed(index, {}), [["pe-0", "approved"]]);
    assert.deepEqual(await listed(index, { status: "open" }), []);
    assert.deepEqual(await listed(index, { serviceId: aServiceRef().id }), [["pe-0", "approved"]]);
  });

  it("keeps every text of a line as it is, and finds a consumer by it", async () => {
    const index = await open();
    for (const [n, text] of Object.values(hostileTexts).entries()) {
      const change = { outcome: text, endpointId: text, consumer: { name: text, tier: text, tenantId: text } };
      await index.putRequest(request({ ...change, consumerSubscriptionId: text }, aConnectionRef(`pe-${n}`)), 1);
      const { requests } = await index.searchRequests({ consumer: text, top: 10 });
      assert.deepEqual(
        requests.map((line) => [line.outcome, line.endpointId, line.consumerName, line.consumerSubscriptionId]),
        [[text, text, text, text]],
      );
    }
  });
}

function searchContract(open: OpenIndex): void {
  const cases: Readonly<Record<string, readonly [Omit<RequestQuery, "top">, readonly string[]]>> = {
    "all, the newest first": [{}, ["pe-5", "pe-4", "pe-3", "pe-2", "pe-1", "pe-0"]],
    "those that have not ended": [{ status: "open" }, ["pe-4", "pe-2", "pe-1"]],
    "an open state": [{ status: "awaiting-decision" }, ["pe-4", "pe-1"]],
    "an ended state": [{ status: "approved" }, ["pe-3", "pe-0"]],
    "a state, in any spelling": [{ status: "Approved" }, ["pe-3", "pe-0"]],
    "a state that does not exist": [{ status: "' or true" }, []],
    "a consumer, in any spelling": [{ consumer: other.toUpperCase() }, ["pe-5", "pe-3", "pe-1"]],
    "a service, in any spelling": [{ serviceId: aServiceRef("pls-b").id.toUpperCase() }, ["pe-5", "pe-4", "pe-3"]],
    "a consumer's open ones": [{ consumer: other, status: "open" }, ["pe-1"]],
    "everything at once": [{ consumer: other, status: "approved", serviceId: aServiceRef("pls-b").id }, ["pe-3"]],
  };
  it("gives what was asked for", async (t) => {
    const index = await open();
    await seed(index);
    for (const [what, [query, names]] of Object.entries(cases)) {
      await t.test(what, async () => {
        assert.deepEqual(
          (await listed(index, query)).map(([name]) => name),
          names,
        );
      });
    }
  });

  it("gives every request on exactly one page", async () => {
    const index = await open();
    await seed(index);
    for (const [query, names] of Object.values(cases)) {
      for (const top of [1, 2, 5]) {
        assert.deepEqual((await allPages(index, { ...query, top })).map(nameOf), names);
      }
    }
  });
}

async function allPages(index: Index, query: RequestQuery): Promise<readonly RequestLine[]> {
  const lines: RequestLine[] = [];
  let after: string | null = null;
  do {
    const page = await index.searchRequests(after ? { ...query, after } : query);
    lines.push(...page.requests);
    after = page.next;
  } while (after);
  return lines;
}

async function seed(index: Index): Promise<void> {
  const seeded: readonly RequestState[] = [
    ...(["approved", "awaiting-decision", "failed"] as const),
    ...(["approved", "awaiting-decision", "withdrawn"] as const),
  ];
  for (const [n, state] of seeded.entries()) {
    const at = new Date(Date.parse(noon) + n * 1000).toISOString();
    const of = aConnectionRef(`pe-${n}`, aServiceRef(n < 3 ? "pls-a" : "pls-b"));
    await index.putRequest(
      request({ state, requestedAt: at, consumerSubscriptionId: n % 2 === 0 ? customer : other }, of),
      n + 1,
    );
  }
}

function states(...of: readonly RequestState[]): readonly ApprovalRequest[] {
  return of.map((state) => request({ state }, aConnectionRef("pe-0")));
}

async function listed(index: Index, query: Omit<RequestQuery, "top">): Promise<readonly (readonly [string, string])[]> {
  const { requests } = await index.searchRequests({ ...query, top: 1000 });
  return requests.map((line) => [nameOf(line), line.state]);
}

function nameOf(line: RequestLine): string {
  return line.connectionId.slice(line.connectionId.lastIndexOf("/") + 1);
}
