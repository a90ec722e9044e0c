import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpHandler } from "@azure/functions";
import { searchAudit } from "../../../functions/audit-search.ts";
import { showConsumer } from "../../../functions/consumer-detail.ts";
import { putConsumer } from "../../../functions/consumer-register.ts";
import { deleteConsumer } from "../../../functions/consumer-remove.ts";
import { listConsumers } from "../../../functions/consumers.ts";
import { people } from "../../../local/seed.ts";
import { verifyAudit } from "../../../src/workflow/verify-audit.ts";
import { type ApiAnswer, type ApiCall, api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const id = "ABCDEF01-0000-4000-8000-00000000000A";
const entry = {
  subscriptionId: id.toLowerCase(),
  name: "Größe AB",
  tier: "gold",
  tenantId: null,
  tags: { Team: "sre" },
  owners: [],
};

/** The registry over HTTP: who may do what, what is refused, and that the next review judges by it. */
export function apiConsumersSuite(world: World): void {
  const call = async (handler: HttpHandler, roles: readonly string[], more: ApiCall): Promise<ApiAnswer> =>
    api(world, handler, { ...more, token: await world.issuer.mintUserToken({ user: "audrey", roles }) });
  const put = (subscriptionId: string, body: unknown) =>
    call(putConsumer, ["PolicyAuthor"], { method: "PUT", params: { subscriptionId }, body });
  const show = (subscriptionId: string) => call(showConsumer, ["Reader"], { params: { subscriptionId } });
  const remove = (subscriptionId: string) =>
    call(deleteConsumer, ["PolicyAuthor"], { method: "DELETE", params: { subscriptionId } });
  const list = (query: string) => call(listConsumers, ["Reader"], { path: `/consumers${query}` });

  describe("the registry over HTTP", () => {
    it("takes somebody new with 201, a change with 200, and shows both by any spelling of the id", async () => {
      const { subscriptionId: _, ...body } = entry;
      const made = await put(id, { ...body, name: " Größe AB ", tenantId: "" });
      assert.deepEqual([made.status, made.body], [201, entry]);
      assert.deepEqual((await show(id)).body, entry);
      const again = await put(id.toLowerCase(), { ...entry, subscriptionId: id });
      assert.deepEqual([again.status, again.body], [200, entry]);
      const bare = { ...entry, name: null, tier: null, tags: {} };
      const emptied = await put(id, {});
      assert.deepEqual([emptied.status, emptied.body], [200, bare]);
      const shown = await show(id.toLowerCase());
      assert.deepEqual([shown.status, shown.body], [200, bare]);
      assert.equal(shown.headers.get("cache-control"), "no-store");
    });

    it("forgets a consumer once, and says 204 as often as it is told", async () => {
      await put(id, entry);
      for (const spelling of [id.toLowerCase(), id]) {
        const { status, text } = await remove(spelling);
        assert.deepEqual([status, text], [204, ""]);
        assert.equal((await show(id)).status, 404);
      }
    });

    it("is listed page by page, each consumer once, in the order of ids", async () => {
      const ids = [3, 1, 2].map((n) => `abcdef02-0000-4000-8000-00000000000${n}`);
      for (const one of ids) await put(one.toUpperCase(), { name: `Customer ${one}` });
      const found: unknown[] = [];
      for (let next: string | undefined = "/consumers?top=2"; next !== undefined; ) {
        const page: ApiAnswer = await call(listConsumers, ["Reader"], { path: next });
        assert.equal(page.status, 200, page.text);
        assert.ok((page.body.value?.length ?? 0) <= 2);
        found.push(...(page.body.value ?? []).map(({ subscriptionId }) => subscriptionId));
        next = page.body.nextLink?.replace(/^\/api/, "");
      }
      assert.deepEqual(found, [...new Set(found)].toSorted());
      assert.deepEqual(
        found.filter((one) => ids.includes(String(one))),
        ids.toSorted(),
      );
    });

    const refused: Readonly<Record<string, readonly [() => Promise<ApiAnswer>, number, RegExp]>> = {
      "a page of nothing": [() => list("?top=0"), 400, /^top: is at least 1$/],
      "an endless page": [() => list("?top=1001"), 400, /^top: is at most 1000$/],
      "a filter that there is not": [() => list("?tier=gold"), 400, /tier/],
      "a continuation of somebody else": [() => list("?after=bm8"), 400, /^after: is not a continuation/],
      "to show what is no id": [() => show("contoso"), 400, /^subscriptionId: is the id of a subscription$/],
      "to remove what is no id": [() => remove("*"), 400, /^subscriptionId: is the id of a subscription$/],
      "to register what is no id": [() => put("../x", {}), 400, /^subscriptionId: is the id of a subscription$/],
      "the entry of another": [() => put(id, { ...entry, subscriptionId: id.replace("A", "B") }), 400, /another one/],
      "an entry full of faults": [
        () => put(id, { name: 1, tier: "x".repeat(201), tenantId: "x", tags: { a: 1 } }),
        400,
        /^name: .*; tier: .*; tenantId: .*; tags\.a: /,
      ],
      "a field that there is not": [() => put(id, { quota: 5 }), 400, /quota/],
      "no JSON": [() => put(id, "{"), 400, /^The body is not JSON\.$/],
      "too much": [() => put(id, { name: "x".repeat(70_000) }), 413, /larger than 64 KiB/],
    };
    for (const [what, [act, status, detail]] of Object.entries(refused)) {
      it(`refuses ${what}`, async () => {
        const answer = await act();
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.body.detail ?? "", detail);
      });
    }

    it("is changed by policy authors and by nobody else", async () => {
      const subscriptionId = "abcdef03-0000-4000-8000-000000000001";
      for (const [handler, method] of [
        [putConsumer, "PUT"],
        [deleteConsumer, "DELETE"],
      ] as const) {
        for (const roles of [[], ["Reader"], ["Approver", "Reader"]]) {
          const answer = await call(handler, roles, { method, params: { subscriptionId }, body: {} });
          assert.deepEqual([answer.status, answer.body.detail], [403, "This needs the app role PolicyAuthor."]);
        }
        const stranger = await api(world, handler, { method, params: { subscriptionId }, body: {} });
        assert.equal(stranger.status, 401);
      }
      assert.equal((await show(subscriptionId)).status, 404);
    });

    it("leaves on record who changed what, and the record can be searched and proven", async () => {
      const subscriptionId = "abcdef04-0000-4000-8000-000000000001";
      await put(subscriptionId, { tier: "gold" });
      await put(subscriptionId, { tier: "silver" });
      await remove(subscriptionId);
      const { body } = await call(searchAudit, ["Reader"], { path: `/audit?consumer=${subscriptionId}` });
      assert.deepEqual(
        body.value?.map(({ kind, who, door }) => [kind, who, door]),
        ["consumer-removed", "consumer-changed", "consumer-registered"].map((kind) => [
          ...[kind, people.audrey.objectId, "api"],
        ]),
      );
      const { ok, chains } = await verifyAudit({ anchors: false, index: false }, world.app.audit);
      assert.ok(ok && chains.some(({ service }) => service === "consumers"));
    });

    it("is what the next review judges by", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      const { name, tenantId, subscriptionId } = customer;
      assert.equal((await put(subscriptionId.toUpperCase(), { name, tenantId, tier: "gold" })).status, 201);
      await customer.ask("pe-registered", service);
      await scene.settle(service, world.app);
      assert.equal((await customer.status("pe-registered")).status, "Approved");
    });
  });
}
