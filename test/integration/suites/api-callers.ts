import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { HttpHandler } from "@azure/functions";
import { searchAudit } from "../../../functions/audit-search.ts";
import { verify } from "../../../functions/audit-verify.ts";
import { showConsumer } from "../../../functions/consumer-detail.ts";
import { listConsumers } from "../../../functions/consumers.ts";
import { decideRequest } from "../../../functions/decide-request.ts";
import { health } from "../../../functions/health.ts";
import { linkDetail } from "../../../functions/link-detail.ts";
import { listPolicies } from "../../../functions/policies.ts";
import { policyDetail } from "../../../functions/policy-detail.ts";
import { policyVersion } from "../../../functions/policy-version.ts";
import { showRequest } from "../../../functions/request-detail.ts";
import { listRequests } from "../../../functions/requests.ts";
import { services } from "../../../functions/services.ts";
import { type HostileTokens, hostileTokens } from "../../../local/issuer/hostile-tokens.ts";
import { type ApiCall, api } from "../http-call.ts";
import type { World } from "../world.ts";

type Route = { readonly handler: HttpHandler; readonly call?: ApiCall };

const id = "aaaaaaaaaaaaaaaa-bbbbbbbbbb-1";
const otherReaders: Readonly<Record<string, Route>> = {
  "GET /requests": { handler: listRequests },
  "GET /requests/{id}": { handler: showRequest, call: { params: { id } } },
  "GET /audit": { handler: searchAudit },
  "GET /audit/verify": { handler: verify },
  "GET /links/{linkId}": { handler: linkDetail, call: { params: { linkId: "4294967294" } } },
  "GET /services": { handler: services },
  "GET /consumers": { handler: listConsumers },
  "GET /consumers/{subscriptionId}": {
    handler: showConsumer,
    call: { params: { subscriptionId: "abcdef09-0000-4000-8000-000000000009" } },
  },
};
const policyReaders: Readonly<Record<string, Route>> = {
  "GET /policies": { handler: listPolicies },
  "GET /policies/{name}": { handler: policyDetail, call: { params: { name: "demo-network" } } },
  "GET /policies/{name}/versions/{version}": {
    handler: policyVersion,
    call: { params: { name: "demo-network", version: "1" } },
  },
};
const readers = { ...otherReaders, ...policyReaders };
const decision = { decision: "approve", justification: "CHG-1" };
const deciding: Route = { handler: decideRequest, call: { method: "POST", params: { id }, body: decision } };
const routes = { ...readers, "POST /requests/{id}/decision": deciding };

/** Who may call the API: tokens are checked before anything else, then roles. */
export function apiCallersSuite(world: World): void {
  // Adele approves and reads: a good token of hers opens every route, so a refusal is the token's fault.
  const base = { kind: "user", user: "adele" } as const;
  let hostile: HostileTokens = {};
  async function assertRefused(token: string | undefined): Promise<void> {
    for (const [name, { handler, call }] of Object.entries(routes)) {
      const answer = await api(world, handler, { ...call, ...(token === undefined ? {} : { token }) });
      assert.equal(answer.status, 401, `${name} answered ${answer.text}`);
      assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="plgate"');
      assert.equal(answer.headers.get("content-type"), "application/problem+json; charset=utf-8");
      // Whoever forges tokens does not learn which check stopped them.
      assert.deepEqual(answer.body, {
        ...{ type: "about:blank", title: "Not signed in", status: 401 },
        detail: "A valid bearer token is needed.",
      });
    }
  }

  describe("a caller of the API", () => {
    before(async () => {
      hostile = await hostileTokens(world.issuer, base);
    });

    it("is let in with a good token", async () => {
      for (const { handler, call } of Object.values(routes)) {
        const { status, text } = await api(world, handler, { ...call, as: "adele" });
        assert.ok(status === 200 || status === 404, text);
      }
    });

    it("is refused without a token", () => assertRefused(undefined));

    // The names are known before the tokens are: those are made by the running issuer.
    const wrongs = [
      ...["wrong issuer", "no issuer", "wrong audience", "no audience", "expired", "never expires", "not yet valid"],
      ...["signed with another key under our key id", "signed with another key that nobody published"],
      ...["HS256 with the public key as its secret", "alg none", "claims changed after signing", "signature cut off"],
      ...["nothing that looks like a token", "other tenant", "other tenant behind our issuer"],
      "a bot channel token where a user is wanted",
    ];
    for (const wrong of wrongs) {
      it(`is refused with a token that is wrong: ${wrong}`, async () => {
        const token = hostile[wrong];
        assert.ok(token, "the issuer makes such a token");
        await assertRefused(token);
      });
    }

    it("was tried with every hostile token that there is", () => {
      assert.deepEqual(Object.keys(hostile).toSorted(), wrongs.toSorted());
    });

    it("is told nothing by health with a bad token, as without one", async () => {
      for (const token of [undefined, ...Object.values(hostile)]) {
        const { status, body } = await api(world, health, token === undefined ? {} : { token });
        assert.deepEqual([status, body], [200, { status: "alive" }]);
      }
    });

    for (const [name, { handler, call }] of Object.entries(readers)) {
      const as = async (roles: readonly string[]) => {
        const token = await world.issuer.mintUserToken({ user: "audrey", roles });
        return api(world, handler, { ...call, token });
      };

      it(`needs a role for ${name}, and any of plgate's is enough`, async () => {
        for (const roles of [[], ["Owner", "reader"]]) {
          const { status, body } = await as(roles);
          assert.deepEqual([status, body.detail], [403, "This needs the app role Reader."]);
        }
        for (const role of ["Reader", "Approver", "PolicyAuthor"]) {
          const { status } = await as([role]);
          assert.ok(status === 200 || status === 404, `${role}: ${status}`);
        }
      });
    }

    it("is told nothing by health without a role", async () => {
      const token = await world.issuer.mintUserToken({ user: "audrey", roles: [] });
      assert.deepEqual((await api(world, health, { token })).body, { status: "alive" });
    });

    it("needs the role Approver to decide", async () => {
      for (const roles of [[], ["Reader"], ["PolicyAuthor"]]) {
        const token = await world.issuer.mintUserToken({ user: "megan", roles });
        const { status, body } = await api(world, decideRequest, { ...deciding.call, token });
        assert.deepEqual([status, body.detail], [403, "This needs the app role Approver."]);
      }
    });

    it("is asked to come again when the authority's keys cannot be read", async () => {
      const nobodysPort = new URL(world.azurite.connectionString.match(/http:[^;]+/)?.[0] ?? "").origin;
      const lost = await world.compose({ PLGATE_LOCAL_AUTHORITY: nobodysPort });
      const token = await world.issuer.mintUserToken({ user: "audrey" });
      const verified = await lost.verifyCaller(`Bearer ${token}`);
      assert.deepEqual([verified.ok, !verified.ok && verified.status], [false, 503]);
    });
  });
}
