import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { decideRequest } from "../../../functions/decide-request.ts";
import { people, providerTenant, reviewerGroup } from "../../../local/seed.ts";
import type { ApprovalRequest } from "../../../src/requests/request.ts";
import { type ApiCall, api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const good = { decision: "approve", justification: "CHG-7007" };

/** Votes over the API: what is refused and why, what is put on record, and what ends up on ARM. */
export function apiDecisionsSuite(world: World): void {
  async function waiting(endpoint: string) {
    const service = await scene.aService(world);
    const customer = await scene.aCustomer(world);
    await customer.ask(endpoint, service);
    await scene.settle(service, world.app);
    const request = await scene.requestOf(world, service, endpoint);
    assert.equal(request.state, "awaiting-decision");
    return { service, customer, request };
  }
  const decide = ({ id }: Pick<ApprovalRequest, "id">, call: ApiCall = {}) =>
    api(world, decideRequest, { method: "POST", as: "megan", body: good, ...call, params: { id } });

  describe("a decision over the API", () => {
    it("is put on record under the caller's name and carried out on ARM", async () => {
      const { service, customer, request } = await waiting("pe-decided");
      const answer = await decide(request);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual([answer.body["state"], answer.body["tally"]], ["approving", { kind: "approve" }]);
      assert.equal((await scene.wakeUps(world, service)).length, 1);
      await scene.workQueue(world);
      assert.equal((await customer.status("pe-decided")).status, "Approved");
      const voted = (await scene.auditOf(world, service)).find(({ kind }) => kind === "voted");
      const { objectId } = people.megan;
      assert.deepEqual(
        [voted?.who, voted?.door, voted?.why?.justification, voted?.detail],
        [
          { kind: "person", objectId, tenantId: providerTenant, name: "Megan Bowen" },
          "api",
          "CHG-7007",
          { vote: "approve", groups: [reviewerGroup] },
        ],
      );
    });

    it("that was made is answered with 409 and the state that the request is in", async () => {
      const { service, request } = await waiting("pe-ended");
      await decide(request);
      const early = await decide(request, { as: "adele" });
      assert.deepEqual([early.status, early.body["state"]], [409, "approving"]);
      await scene.settle(service, world.app);
      const late = await decide(request, { as: "adele", body: { ...good, decision: "reject" } });
      assert.deepEqual([late.status, late.body["state"]], [409, "approved"]);
      assert.equal(late.body.detail, "The request is approved; nothing is left to decide.");
      assert.equal((await scene.auditOf(world, service)).filter(({ kind }) => kind === "voted").length, 1);
    });

    const { justification, decision } = good;
    const faults: Readonly<Record<string, readonly [unknown, RegExp]>> = {
      "without a justification": [{ decision }, /^justification: is required/],
      "with a blank justification": [{ decision, justification: " \n\t " }, /^justification: is required/],
      "with a justification that is too long": [
        { decision, justification: "x".repeat(1001) },
        /^justification: is longer than 1000 characters/,
      ],
      "with a justification that is no text": [{ decision, justification: { $gt: "" } }, /^justification: is required/],
      "with another word for the decision": [
        { decision: "maybe", justification },
        /^decision: is "approve" or "reject"/,
      ],
      "without a decision": [{ justification }, /^decision: /],
      "with something else in it": [{ ...good, state: "approved" }, /^input: .*state/],
      "that is a list": [[good], /^input: /],
      "that is not JSON": ["decision=approve", /^The body is not JSON\.$/],
      "that is empty": ["", /^The body is not JSON\.$/],
    };
    for (const [name, [body, problem]] of Object.entries(faults)) {
      it(`${name} is refused with 400, and nothing is put on record`, async () => {
        const { service, request } = await shared();
        const answer = await decide(request, { body });
        assert.equal(answer.status, 400, answer.text);
        assert.match(answer.body.detail ?? "", problem);
        assert.deepEqual(scene.kinds(await scene.auditOf(world, service)), ["requested", "evaluated", "escalated"]);
      });
    }
    let once: ReturnType<typeof waiting> | undefined;
    const shared = () => {
      once ??= waiting("pe-faults");
      return once;
    };

    it("that is larger than 64 KiB is refused with 413", async () => {
      const { request } = await shared();
      const answer = await decide(request, { body: { ...good, justification: "x".repeat(70_000) } });
      assert.deepEqual([answer.status, answer.body["title"]], [413, "Too large"]);
    });

    for (const id of ["aaaaaaaaaaaaaaaa-bbbbbbbbbb-1", "all", "'; drop table", "../x"]) {
      it(`on a request that does not exist (${id}) is answered with 404`, async () => {
        const answer = await api(world, decideRequest, { method: "POST", as: "megan", body: good, params: { id } });
        assert.deepEqual([answer.status, answer.body["reason"]], [404, "unknown-request"]);
      });
    }

    it("by an approver who is no reviewer is refused with 403, and the try is on record once", async () => {
      const { service, customer, request } = await waiting("pe-outsider");
      for (const _ of [1, 2]) {
        const answer = await decide(request, { as: "alex" });
        assert.deepEqual([answer.status, answer.body["reason"]], [403, "not-a-reviewer"]);
      }
      const audit = await scene.auditOf(world, service);
      assert.deepEqual(scene.kinds(audit), ["requested", "evaluated", "escalated", "vote-refused"]);
      const { who, door } = audit[3] ?? {};
      const { objectId } = people.alex;
      assert.deepEqual(who, { kind: "person", objectId, tenantId: providerTenant, name: "Alex Wilber" });
      assert.equal(door, "api");
      assert.equal((await customer.status("pe-outsider")).status, "Pending");
    });

    it("by somebody whose token claims another group is refused", async () => {
      const { request } = await waiting("pe-other-group");
      const groups = ["99999999-0000-4000-8000-000000000099"];
      const token = await world.issuer.mintUserToken({ user: "megan", groups });
      const { as: _, ...call } = { as: "megan", token };
      assert.equal((await decide(request, call)).status, 403);
    });

    it("by a reviewer whose token names no groups is taken when the directory knows them", async () => {
      const { request } = await waiting("pe-no-groups");
      const token = await world.issuer.mintUserToken({ user: "megan", groups: [] });
      const answer = await decide(request, { token });
      assert.equal(answer.status, 200, answer.text);
    });

    describe("while the directory is down", () => {
      after(() => world.issuer.configure({ graphOutage: undefined }));

      it("is refused with 503, and of the vote only that is on record", async () => {
        const { service, request } = await waiting("pe-no-directory");
        world.issuer.configure({ graphOutage: { status: 503 } });
        const token = await world.issuer.mintUserToken({ user: "adele", groups: [] });
        const answer = await decide(request, { token });
        assert.deepEqual([answer.status, answer.body["reason"]], [503, "directory-unavailable"]);
        const [, , , refused, ...more] = await scene.auditOf(world, service);
        assert.deepEqual(
          [refused?.kind, refused?.detail, more],
          ["vote-refused", { reason: "directory-unavailable", door: "api" }, []],
        );
        world.issuer.configure({ graphOutage: undefined });
        assert.equal((await decide(request, { token })).status, 200, "and taken when it is back");
      });
    });

    it("by two people at once is one decision, and both hear how it stands", async () => {
      const { service, customer, request } = await waiting("pe-race");
      const answers = await Promise.all([
        decide(request, { as: "megan" }),
        decide(request, { as: "adele", body: { decision: "reject", justification: "no" } }),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409]);
      await scene.settle(service, world.app);
      const audit = await scene.auditOf(world, service);
      assert.equal(audit.filter(({ kind }) => kind === "decided").length, 1);
      const said = answers.find(({ status }) => status === 200)?.body["state"];
      const { status } = await customer.status("pe-race");
      assert.equal(status, said === "approving" ? "Approved" : "Rejected");
    });

    it("told five times at once by the same person is one vote", async () => {
      const { service, request } = await waiting("pe-impatient");
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => decide(request)));
      for (const { status, text } of answers) assert.ok(status === 200 || status === 409, text);
      assert.equal((await scene.auditOf(world, service)).filter(({ kind }) => kind === "voted").length, 1);
    });
  });
}
