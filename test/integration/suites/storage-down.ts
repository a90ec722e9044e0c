import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { EventGridEvent } from "@azure/functions";
import { searchAudit } from "../../../functions/audit-search.ts";
import { connectionEvent } from "../../../functions/connection-event.ts";
import { decideRequest } from "../../../functions/decide-request.ts";
import { health } from "../../../functions/health.ts";
import { review } from "../../../functions/review-service.ts";
import { serviceId } from "../../../local/seed.ts";
import { api } from "../http-call.ts";
import type { World } from "../world.ts";

/** Storage is gone. Stops it for good: must be the last suite of its file. */
export function storageDownSuite(world: World): void {
  describe("while storage is down", { concurrency: true }, () => {
    before(() => world.azurite.stop());

    it("health is unhealthy for a reader and says what cannot be read, and alive for strangers", async () => {
      const { status, body } = await api(world, health, { as: "audrey" });
      assert.deepEqual([status, body.status], [503, "unhealthy"]);
      const checks = body["checks"] as readonly {
        readonly name: string;
        readonly status: string;
        readonly detail: string;
      }[];
      const broken = checks.filter((check) => check.status !== "healthy").map(({ name }) => name);
      assert.deepEqual(broken, [
        ...["policies", "policy-record", "sweep", "outbox", "queue", "requests", "oldest-request", "anchors", "teams"],
      ]);
      assert.deepEqual((await api(world, health)).body, { status: "alive" });
    });

    it("the API asks to come again, names a correlation id and no inner things", async () => {
      const from = world.lines.length;
      const { status, body, text } = await api(world, searchAudit, { as: "audrey", path: "/audit" });
      assert.equal(status, 503, text);
      assert.match(body.detail ?? "", /^The request could not be served\. Correlation [0-9a-f-]{36}\.$/);
      assert.doesNotMatch(text, /ECONNREFUSED|127\.0\.0\.1|table/i);
      assert.ok(
        world.lines.slice(from).some((line) => line.includes("the audit cannot be searched")),
        "the log says what failed",
      );
    });

    it("a decision is not taken", async () => {
      const body = { decision: "approve", justification: "CHG-1" };
      const params = { id: "aaaaaaaaaaaaaaaa-bbbbbbbbbb-1" };
      const { status } = await api(world, decideRequest, { method: "POST", as: "megan", params, body });
      assert.equal(status, 503);
    });

    it("an event is not taken for handled, so that Event Grid sends it again", async () => {
      const event = { eventType: "Microsoft.Resources.ResourceWriteSuccess", data: { resourceUri: serviceId } };
      const handled = async () =>
        connectionEvent(event as unknown as EventGridEvent, world.context("connection-event"));
      await assert.rejects(handled, { name: "PlgateError", retryable: true });
    });

    it("a wake-up stays in the queue", async () => {
      const handled = async () => review({ v: 1, serviceId, door: "event" }, world.context("review-service"));
      await assert.rejects(handled, { name: "PlgateError", retryable: true });
    });
  });
}
