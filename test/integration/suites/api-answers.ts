import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { odata } from "@azure/data-tables";
import type { HttpHandler } from "@azure/functions";
import description from "../../../docs/openapi.json" with { type: "json" };
import { searchAudit } from "../../../functions/audit-search.ts";
import { verify } from "../../../functions/audit-verify.ts";
import { openapi } from "../../../functions/openapi.ts";
import { showRequest } from "../../../functions/request-detail.ts";
import { listRequests } from "../../../functions/requests.ts";
import { services } from "../../../functions/services.ts";
import * as seed from "../../../local/seed.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import { type ApiAnswer, api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

/** What the API answers to a reader: lists, pages, details, the audit and its proof. */
export function apiAnswersSuite(world: World): void {
  const read = (handler: HttpHandler, path = "", params = {}) => api(world, handler, { as: "audrey", path, params });

  /** Follows `nextLink` to the end, as a client does. */
  async function pages(handler: HttpHandler, path: string): Promise<readonly ApiAnswer[]> {
    const all: ApiAnswer[] = [];
    for (let next: string | undefined = path; next !== undefined; ) {
      const page = await read(handler, next);
      assert.equal(page.status, 200, page.text);
      all.push(page);
      next = page.body.nextLink?.replace(/^\/api/, "");
      assert.ok(all.length < 50, "the pages come to an end");
    }
    return all;
  }

  describe("the API answers a reader:", () => {
    let service: scene.Service;
    let gold: scene.Customer;
    let stranger: scene.Customer;
    before(async () => {
      service = await scene.aService(world);
      gold = await scene.aCustomer(world, "gold");
      stranger = await scene.aCustomer(world);
      for (const name of ["pe-1", "pe-2", "pe-3"]) await gold.ask(name, service, "CHG-5005");
      await stranger.ask("pe-4", service, '=HYPERLINK("https://evil.example") <script>');
      await scene.settle(service, world.app);
    });

    describe("the lists of the API", () => {
      it("are JSON that nobody may cache, frame or run", async () => {
        const { status, headers } = await read(listRequests);
        assert.deepEqual(
          [status, headers.get("content-type"), headers.get("cache-control"), headers.get("x-content-type-options")],
          [200, "application/json; charset=utf-8", "no-store", "nosniff"],
        );
        assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/);
      });

      it("show requests newest first, and page by page the same as at once", async () => {
        const filter = `service=${service.id}`;
        const [whole] = await pages(listRequests, `/requests?${filter}&top=1000`);
        const paged = await pages(listRequests, `/requests?${filter}&top=1`);
        assert.equal(whole?.body.value?.length, 4);
        assert.ok(paged.length >= 4, `${paged.length} pages`);
        assert.deepEqual(
          paged.flatMap(({ body }) => body.value ?? []),
          whole?.body.value,
        );
        const times = whole?.body.value?.map(({ requestedAt }) => String(requestedAt)) ?? [];
        assert.deepEqual(times, times.toSorted().reverse());
        assert.equal(whole?.body.nextLink, undefined);
      });

      it("keep their filters from page to page", async () => {
        const paged = await pages(listRequests, `/requests?consumer=${gold.subscriptionId}&status=approved&top=2`);
        const lines = paged.flatMap(({ body }) => body.value ?? []);
        assert.deepEqual(
          lines.map(({ consumerSubscriptionId, state }) => [consumerSubscriptionId, state]),
          Array.from({ length: 3 }, () => [gold.subscriptionId, "approved"]),
        );
      });

      it("show what waits under status=open", async () => {
        const { body } = await read(listRequests, `/requests?service=${service.id}&status=open`);
        assert.deepEqual(
          body.value?.map(({ state, consumerSubscriptionId }) => [state, consumerSubscriptionId]),
          [["awaiting-decision", stranger.subscriptionId]],
        );
      });

      it("show the services with their connections, ways past plgate, and what cannot be read", async () => {
        const open = await scene.aService(world);
        await scene.letIn(world, open, gold.subscriptionId);
        await gold.ask("pe-by-azure", open);
        const { body } = await read(services);
        const line = (id: string) => body.value?.find((one) => one["id"] === id);
        const found = line(service.id);
        assert.deepEqual(
          [found?.["alias"], found?.["connections"], found?.["natIps"], found?.["region"]],
          [service.alias, { Approved: 3, Pending: 1 }, 8, "westeurope"],
        );
        assert.ok(found?.["lastReviewedAt"]);
        assert.deepEqual(line(open.id)?.["autoApproval"], [gold.subscriptionId]);
        assert.match(String(line(open.id)?.["remarks"]), /autoApproval lets 1 subscription\(s\) in past every policy/);
        assert.deepEqual(body["unreadable"], []);
      });

      it("describe themselves to anybody", async () => {
        const { status, body } = await api(world, openapi);
        assert.equal(status, 200);
        assert.deepEqual(body, description);
      });
    });

    describe("one request", () => {
      it("has its facts, the trace of every policy, votes and history", async () => {
        const request = await scene.requestOf(world, service, "pe-1");
        const { status, body } = await read(showRequest, "", { id: request.id });
        assert.equal(status, 200);
        assert.deepEqual([body["id"], body["state"], body["mode"]], [request.id, "approved", "enforce"]);
        const history = body["history"] as readonly { readonly kind: string; readonly detail: Detail }[];
        assert.deepEqual(
          history.map(({ kind }) => kind),
          ["requested", "evaluated", "decided", "applied"],
        );
        const { facts, verdict } = history[1]?.detail ?? {};
        assert.equal(facts?.values["consumer.subscriptionId"], gold.subscriptionId);
        assert.equal(facts?.values["request.message"], "CHG-5005");
        assert.match(JSON.stringify(verdict), /registered-customer/);
      });

      it("carries what the consumer wrote as data, never as a sentence of ours", async () => {
        const request = await scene.requestOf(world, service, "pe-4");
        const { body } = await read(showRequest, "", { id: request.id });
        assert.equal(body["message"], '=HYPERLINK("https://evil.example") <script>');
        const history = body["history"] as readonly { readonly what: string }[];
        for (const { what } of history) assert.doesNotMatch(what, /evil|script/);
      });

      for (const id of ["aaaaaaaaaaaaaaaa-bbbbbbbbbb-1", "../../ledger", "", "1"]) {
        it(`is not found under "${id}"`, async () => {
          const { status, headers, body } = await read(showRequest, "", { id });
          assert.equal(status, 404);
          assert.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
          assert.deepEqual(body, {
            ...{ type: "about:blank", title: "Not found", status: 404 },
            detail: "There is no such request.",
          });
        });
      }
    });

    describe("the audit", () => {
      const entries = async (query: string) => {
        const all = await pages(searchAudit, `/audit?${query}&top=7`);
        return all.flatMap(({ body }) => body.value ?? []);
      };

      it("finds events by each filter alone and by all together", async () => {
        const request = await scene.requestOf(world, service, "pe-2");
        const hour = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString();
        // Beside those of requests: what was found at the service itself, which is open to anyone and has all its NAT addresses.
        const found = (await scene.chainOf(world, service)).filter(({ requestId }) => requestId === null);
        assert.ok(found.length > 0);
        const filters: Readonly<Record<string, number>> = {
          [`service=${service.id}`]: 15 + found.length,
          [`service=${service.id.toUpperCase()}`]: 15 + found.length,
          [`consumer=${gold.subscriptionId}&service=${service.id}`]: 12,
          [`consumer=${stranger.subscriptionId}`]: 3,
          [`request=${request.id}`]: 4,
          [`link=${request.linkIdentifier}`]: 4,
          [`request=${request.id}&kind=applied`]: 1,
          [`request=${request.id}&actor=plgate`]: 4,
          [`request=${request.id}&actor=outside`]: 0,
          [`request=${request.id}&from=${hour(-1)}&to=${hour(1)}`]: 4,
          [`request=${request.id}&from=${hour(1)}`]: 0,
          [`request=${request.id}&to=${hour(-1)}`]: 0,
          [`service=${service.id}&consumer=${gold.subscriptionId}&actor=plgate&kind=decided&link=${request.linkIdentifier}`]: 1,
        };
        const counts = await Promise.all(
          Object.keys(filters).map(async (filter) => [filter, (await entries(filter)).length] as const),
        );
        assert.deepEqual(Object.fromEntries(counts), filters);
      });

      it("comes newest first and without the details of facts", async () => {
        const found = await entries(`service=${service.id}`);
        const times = found.map(({ time }) => String(time));
        assert.deepEqual(times, times.toSorted().reverse());
        assert.ok(found.every((entry) => !("detail" in entry)));
      });

      const refused: Readonly<Record<string, RegExp>> = {
        "from=yesterday": /^from: is an ISO 8601 time/,
        "to=2026-11-23T10:00:00": /^to: is an ISO 8601 time/,
        "from=2026-11-24&to=2026-11-23": /^from: is not before `to`/,
        "service=/subscriptions/x": /^service: is the resource id/,
        "consumer=contoso": /^consumer: is a subscription id/,
        "actor=megan@contoso.example": /^actor: is an object id/,
        "request=1%20or%201": /^request: is a request id/,
        "link=0xff": /^link: is a LinkID/,
        "kind=everything": /^kind: is one of requested, /,
        "top=0": /^top: is at least 1/,
        "top=1001": /^top: is at most 1000/,
        "top=many": /^top: is a number/,
        "filter=1": /^filter: is no parameter here/,
        "after=somewhere": /^after: is not a continuation that plgate gave/,
      };
      for (const [query, problem] of Object.entries(refused)) {
        it(`refuses ?${query} by name`, async () => {
          const { status, headers, body } = await read(searchAudit, `/audit?${query}`);
          assert.equal(status, 400, JSON.stringify(body));
          assert.match(body.detail ?? "", problem);
          assert.equal(headers.get("content-type"), "application/problem+json; charset=utf-8");
        });
      }

      for (const query of ["status=lost", "consumer=x", "top=-1", "service=pls", "order=asc", "after=%00"]) {
        it(`is as strict about requests: ?${query}`, async () => {
          const { status, body } = await read(listRequests, `/requests?${query}`);
          assert.equal(status, 400, JSON.stringify(body));
          assert.match(body.detail ?? "", new RegExp(`^(${query.split("=")[0]}|input): `));
        });
      }
    });

    describe("the proof of the audit", () => {
      it("holds for one service and for all", async () => {
        const one = await read(verify, `/audit/verify?service=${service.id}`);
        assert.equal(one.body["ok"], true);
        const [chain] = one.body["chains"] as readonly { readonly service: string; readonly events: number }[];
        const { length } = await scene.chainOf(world, service);
        assert.deepEqual([chain?.service, chain?.events], [service.id, length]);
        const all = await read(verify, "/audit/verify");
        assert.equal(all.body["ok"], true, all.text);
        assert.ok((all.body["chains"] as readonly unknown[]).length >= 2);
      });

      it("names the first event that somebody altered in the store", async () => {
        const touched = await scene.aService(world);
        await (await scene.aCustomer(world, "gold")).ask("pe-touched", touched);
        await scene.settle(touched, world.app);
        const { ledger } = world.storage;
        const key = serviceKey(touched.ref.id);
        const filter = odata`PartitionKey eq ${key} and RowKey ge ${"e|"} and RowKey lt ${"e}"}`;
        const rows: { rowKey?: string; body0?: string }[] = [];
        for await (const row of ledger.listEntities({ queryOptions: { filter } })) rows.push(row);
        const { rowKey = "", body0 = "" } = rows.find((row) => row.body0?.includes('"kind":"evaluated"')) ?? {};
        assert.match(body0, /"kind":"evaluated"/);
        const altered = body0.replace("registered-customer", "somebody-else-said");
        assert.notEqual(altered, body0);
        await ledger.updateEntity({ partitionKey: key, rowKey, body0: altered }, "Merge");
        const { body } = await read(verify, `/audit/verify?service=${touched.id}`);
        assert.deepEqual(body["ok"], false);
        const [chain] = body["chains"] as readonly { readonly findings: readonly unknown[] }[];
        assert.deepEqual(chain?.findings[0], { about: "chain", seq: 2, problem: "event 2 was altered" });
        await ledger.updateEntity({ partitionKey: key, rowKey, body0 }, "Merge");
        assert.equal((await read(verify, "/audit/verify")).body["ok"], true);
      });

      it("refuses what is no service, and finds an empty chain for one without requests", async () => {
        const bad = await read(verify, "/audit/verify?service=pls");
        assert.deepEqual([bad.status, bad.body.detail], [400, "service: is the resource id of a Private Link Service"]);
        const none = await read(verify, `/audit/verify?service=${seed.serviceId}`);
        assert.deepEqual([none.status, none.body["ok"]], [200, true]);
      });
    });
  });
}

type Detail = {
  readonly facts?: { readonly values: Readonly<Record<string, unknown>> };
  readonly verdict?: unknown;
};
