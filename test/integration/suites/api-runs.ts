import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpHandler } from "@azure/functions";
import { decideRequest } from "../../../functions/decide-request.ts";
import { confirmARun } from "../../../functions/run-confirm.ts";
import { runDetail } from "../../../functions/run-detail.ts";
import { previewRun } from "../../../functions/run-preview.ts";
import { beginRun } from "../../../functions/run-start.ts";
import { stopARun } from "../../../functions/run-stop.ts";
import { listRuns } from "../../../functions/runs.ts";
import { type ApiCall, api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const id = "recertify-00000000";
const note = { note: "CHG-1" };
const routes: Readonly<Record<string, readonly [role: string, handler: HttpHandler, call: ApiCall]>> = {
  "GET /runs": ["Reader", listRuns, {}],
  "GET /runs/{id}": ["Reader", runDetail, { params: { id } }],
  "POST /runs": ["Approver", beginRun, { method: "POST", body: {} }],
  "POST /runs/preview": ["Approver", previewRun, { method: "POST", body: {} }],
  "POST /runs/{id}/confirm": ["Approver", confirmARun, { method: "POST", params: { id }, body: note }],
  "POST /runs/{id}/stop": ["Approver", stopARun, { method: "POST", params: { id }, body: note }],
};

/** Runs over the API: who may, and what becomes of connections on ARM. */
export function apiRunsSuite(world: World): void {
  const post = (handler: HttpHandler, as: "megan" | "adele", body: object, params = {}) =>
    api(world, handler, { method: "POST", as, body, params });
  const show = async (run: string) => (await api(world, runDetail, { as: "megan", params: { id: run } })).body;

  async function approved(...endpoints: readonly string[]) {
    const service = await scene.aService(world);
    const customer = await scene.aCustomer(world, "gold");
    for (const endpoint of endpoints) await customer.ask(endpoint, service);
    await scene.settle(service, world.app);
    for (const endpoint of endpoints) assert.equal((await customer.status(endpoint)).status, "Approved");
    return { service, customer };
  }

  describe("a run over the API", () => {
    for (const [name, [role, handler, call]] of Object.entries(routes)) {
      it(`needs a token and the role ${role} for ${name}`, async () => {
        assert.equal((await api(world, handler, call)).status, 401);
        for (const roles of [[], role === "Approver" ? ["Reader", "PolicyAuthor"] : ["Owner"]]) {
          const token = await world.issuer.mintUserToken({ user: "megan", roles });
          const { status, body } = await api(world, handler, { ...call, token });
          assert.deepEqual([status, body.detail], [403, `This needs the app role ${role}.`]);
        }
        const token = await world.issuer.mintUserToken({ user: "megan", roles: [role] });
        assert.ok([200, 400, 404].includes((await api(world, handler, { ...call, token })).status));
      });
    }

    it("has an approval confirmed, and takes away what a person does not confirm", async () => {
      const { service, customer } = await approved("pe-run");
      const body = { kind: "recertify", scope: { service: service.id }, ...note };
      const begun = await post(beginRun, "megan", body);
      assert.equal(begun.status, 201, begun.text);
      const run = String(begun.body["id"]);
      assert.equal((await post(beginRun, "adele", body)).status, 409);
      await scene.settle(service, world.app);
      const asked = await scene.requestOf(world, service, "pe-run");
      assert.deepEqual([asked.live?.run, asked.state], [run, "awaiting-decision"]);
      const vote = { decision: "reject", justification: "not needed" };
      assert.equal((await post(decideRequest, "megan", vote, { id: asked.id })).status, 200);
      await scene.settle(service, world.app);
      assert.equal((await customer.status("pe-run")).status, "Rejected");
      assert.deepEqual((await show(run))["counts"], { "taken-away": 1 });
      const stopped = await post(stopARun, "megan", note, { id: run });
      assert.deepEqual([stopped.status, stopped.body["state"]], [200, "stopped"]);
      await scene.auditOf(world, service);
    });

    it("drains a service once a second person wants it, too", async () => {
      const { service, customer } = await approved("pe-d1", "pe-d2");
      const begun = await post(beginRun, "megan", { kind: "drain", service: service.id, by: "reject", ...note });
      const params = { id: String(begun.body["id"]) };
      assert.deepEqual([begun.status, begun.body["state"]], [201, "proposed"]);
      const alone = await post(confirmARun, "megan", note, params);
      assert.deepEqual([alone.status, alone.body["reason"]], [403, "same-person"]);
      const confirmed = await post(confirmARun, "adele", note, params);
      assert.equal(confirmed.status, 200, confirmed.text);
      await customer.ask("pe-d3", service);
      await scene.settle(service, world.app);
      for (const endpoint of ["pe-d1", "pe-d2", "pe-d3"]) {
        assert.equal((await customer.status(endpoint)).status, "Rejected", endpoint);
      }
      const shown = await show(params.id);
      assert.deepEqual(shown["counts"], { "taken-away": 3 });
      const { deletable } = shown["service"] as { readonly deletable: string };
      assert.equal(deletable, "perhaps");
      await post(stopARun, "adele", note, params);
      await scene.auditOf(world, service);
    });

    it("shows what a re-judgement would ask, without a write", async () => {
      const { service } = await approved("pe-j");
      const preview = await post(previewRun, "megan", { scope: { service: service.id } });
      assert.equal(preview.status, 200, preview.text);
      assert.deepEqual([preview.body["looked"], preview.body["left"], preview.body["found"]], [1, 0, 0]);
      const body = { kind: "judge", scope: { service: service.id }, acknowledge: "0123456789abcdef-1", ...note };
      const refused = await post(beginRun, "megan", body);
      assert.deepEqual([refused.status, refused.body["reason"]], [409, "policies-changed"]);
    });
  });
}
