import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArmError } from "./arm-error.ts";
import { createEngine } from "./engine.ts";
import { answerRequest, type Incoming } from "./pipeline.ts";
import type { Route } from "./routes.ts";
import { quiet, readToken, tokenOf, withArm } from "./test-arm.ts";
import { provider, providerSub, testSeed } from "./test-world.ts";
import type { Answer } from "./world.ts";

describe("An answer that Azure would not send", () => {
  const cases: Readonly<Record<string, Answer>> = {
    "with a field too many": { status: 200, body: { status: "Succeeded", percentComplete: 100 } },
    "with a field missing": { status: 200, body: {} },
    "with a value that is none of the official ones": { status: 200, body: { status: "Done" } },
    "with a status that the route does not have": { status: 201, body: { status: "Succeeded" } },
    "with a body where none belongs": { status: 204, body: { status: "Succeeded" } },
  };
  for (const [name, answer] of Object.entries(cases)) {
    it(`${name} becomes a 500, is counted and is logged loudly`, async (test) => {
      const log = test.mock.method(console, "error", () => {});
      const { pipeline, counts } = await enginePlaying(answer);
      await assert.rejects(answerRequest(pipeline, incoming, {}), (error) => {
        assert.ok(error instanceof ArmError);
        assert.deepEqual([error.status, error.code], [500, "InternalServerError"]);
        return true;
      });
      assert.equal(counts().shapeFaults, 1);
      assert.match(String(log.mock.calls[0]?.arguments[0]), /test\.route.*\n?/);
    });
  }

  it("is told from a right one", async () => {
    const { pipeline, counts } = await enginePlaying({ status: 200, body: { status: "Succeeded" } });
    assert.equal((await answerRequest(pipeline, incoming, {})).status, 200);
    assert.equal(counts().shapeFaults, 0);
  });
});

describe("A fault of the emulator itself", () => {
  it("is a 500 in ARM's form to the caller, and told in full to the log alone", async (test) => {
    const log = test.mock.method(console, "error", () => {});
    const evaluate = () => {
      throw new Error("broken evaluator");
    };
    await withArm({ graphQueries: [{ text: "q", evaluate }] }, async (arm) => {
      const path = "/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01";
      const answer = await arm.raw("POST", path, { as: provider, body: { query: "q" } });
      assert.deepEqual([answer.status, answer.body.error?.code], [500, "InternalServerError"]);
      assert.doesNotMatch(JSON.stringify(answer.body), /broken/);
    });
    assert.match(String(log.mock.calls[0]?.arguments[1]), /broken evaluator/);
  });
});

const incoming: Incoming = {
  method: "GET",
  path: `/subscriptions/${providerSub}/test`,
  query: new URLSearchParams("api-version=2026-01-01"),
  headers: { authorization: `Bearer ${tokenOf(provider)}` },
  text: "",
  origin: "https://localhost",
  url: "https://localhost/",
  correlationId: "c",
};

async function enginePlaying(answer: Answer) {
  const route: Route = {
    name: "test.route",
    method: "GET",
    template: "/subscriptions/{s}/test",
    kind: "read",
    apiVersion: /./,
    answers: { 200: "operation", 204: "nothing" },
    handle: () => answer,
  };
  const engine = await createEngine({
    tls: { key: "", cert: "" },
    verifyToken: async (jwt) => readToken(jwt),
    seed: testSeed,
    settings: quiet,
    randomSeed: 7,
  });
  return { pipeline: { ...engine.front.pipeline, routes: [route] }, counts: engine.counts };
}
