import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { testTeams } from "../../../functions/teams-test.ts";
import { botNotInstalled } from "../../../local/teams/connector-answers.ts";
import type { Channel } from "../channel.ts";
import { type ApiAnswer, api } from "../http-call.ts";
import type { World } from "../world.ts";

type Step = { readonly step: string; readonly ok: boolean; readonly remedy: string | null };

/** The test of Teams over HTTP, with the app's own identity and its own memory of channels. */
export function apiTeamsTestSuite(world: World, channel: Channel): void {
  const test = async (body: unknown, roles: readonly string[] = ["PolicyAuthor"]): Promise<ApiAnswer> => {
    const token = await world.issuer.mintUserToken({ user: "audrey", roles });
    return api(world, testTeams, { method: "POST", path: "/teams/test", body, token });
  };
  /** How much is on record. */
  const rows = async () => {
    let count = 0;
    for await (const _ of world.storage.ledger.listEntities()) count += 1;
    return count;
  };
  const stepsOf = ({ body }: ApiAnswer) => body["steps"] as readonly Step[];

  describe("a test of Teams over HTTP", () => {
    it("is for authors of policies alone", async () => {
      assert.equal((await test({}, ["Reader", "Approver"])).status, 403);
      assert.equal((await api(world, testTeams, { method: "POST", path: "/teams/test", body: {} })).status, 401);
    });

    it("posts a card as the bot, under the name of whoever asked, and leaves no trace in the record", async () => {
      await channel.install();
      const before = world.connector.threads().length;
      const kept = await rows();
      const answer = await test({});
      assert.deepEqual(
        [answer.status, answer.body["ok"], answer.body["channel"]],
        [200, true, "privatelink-approvals"],
      );
      const thread = world.connector.threads().at(before);
      assert.match(JSON.stringify(thread), /Test: there is nothing to decide.*Audrey/);
      assert.ok(world.connector.requests.at(-1)?.bearer, "as the bot");
      assert.equal(await rows(), kept);
    });

    it("says in plain words what Teams refuses", async () => {
      world.connector.interfere({ on: "create", answer: botNotInstalled() });
      const answer = await test({});
      const last = stepsOf(answer).at(-1);
      assert.deepEqual([answer.status, answer.body["ok"], last?.step, last?.ok], [200, false, "line posted", false]);
      assert.match(last?.remedy ?? "", /Add the Teams app to the team/);
    });

    it("refuses a body that it does not know", async () => {
      for (const body of ["{", { chanel: "x" }, { channel: "" }]) assert.equal((await test(body)).status, 400);
    });

    it("says that no bot is configured where none is", async () => {
      const app = await world.compose({ PLGATE_BOT_APP_ID: "" });
      const { ok, steps } = await app.tryTeams({ channel: undefined, sentBy: "Audrey" });
      assert.deepEqual([ok, steps.length, steps[0]?.step], [false, 1, "bot configured"]);
    });
  });
}
