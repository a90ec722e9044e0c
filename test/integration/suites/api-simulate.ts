import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { simulatePolicies } from "../../../functions/policy-simulate.ts";
import { type ApiAnswer, api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const stopAll = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: stop-all
defaultReview: { by: [network] }
reviewers: { network: { entraGroup: 55555555-0000-4000-8000-000000000005 } }
rules:
  - { id: stop, effect: review, because: Everything stops. }
`;

/** Trying a policy over HTTP on what is really on record. */
export function apiSimulateSuite(world: World): void {
  const simulate = async (body: unknown, roles: readonly string[] = ["PolicyAuthor"]): Promise<ApiAnswer> => {
    const token = await world.issuer.mintUserToken({ user: "audrey", roles });
    return api(world, simulatePolicies, { method: "POST", path: "/policies/simulate", body, token });
  };

  describe("a policy tried over HTTP", () => {
    let requestId = "";
    before(async () => {
      const service = await scene.aService(world);
      const gold = await scene.aCustomer(world, "gold");
      await gold.ask("pe-simulated", service, "CHG-5005");
      await scene.settle(service, world.app);
      requestId = (await scene.requestOf(world, service, "pe-simulated")).id;
    });

    it("is for authors of policies alone", async () => {
      assert.equal((await simulate({ last: 1 }, ["Reader", "Approver"])).status, 403);
      assert.equal((await simulate({ last: 1 }, [])).status, 403);
    });

    it("says what it would have decided about a request on record", async () => {
      const { status, body } = await simulate({ requestId, policies: [{ source: stopAll }] });
      assert.deepEqual([status, body["change"]], [200, "approve → review"]);
    });

    it("decides as it was decided when nothing is changed", async () => {
      const { status, body, text } = await simulate({ requestId });
      assert.deepEqual([status, body["change"], body["notHeld"]], [200, null, []], text);
    });

    it("says what would change in the last judgements, this one among them", async () => {
      const { status, body } = await simulate({ last: 20, policies: [{ source: stopAll }] });
      assert.equal(status, 200);
      assert.ok(JSON.stringify(body["changes"]).includes(requestId));
      assert.equal(body["complete"], true);
    });

    it("is refused with every finding when it is broken", async () => {
      const { status, body } = await simulate({ last: 1, policies: [{ source: stopAll.replace("effect", "efect") }] });
      assert.equal(status, 400);
      assert.match(JSON.stringify(body["faults"]), /did you mean effect\?/);
    });

    it("is not read when it is larger than four of the largest policies", async () => {
      assert.equal((await simulate("x".repeat(1024 * 1024 + 1))).status, 413);
    });
  });
}
