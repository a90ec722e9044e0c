import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectEvents, explain, type Outcome } from "../../infra/after-deploy.ts";

const deployed = {
  AZURE_SUBSCRIPTION_ID: "44444444-4444-4444-4444-444444444444",
  AZURE_RESOURCE_GROUP: "rg-sample",
  AZURE_FUNCTION_APP: "func-plgate-sample",
  AZURE_DATA_ACCOUNT: "plgatedatasample",
  AZURE_DEAD_LETTER_CONTAINER: "deadletters",
  AZURE_EVENT_TOPIC: "evgt-plgate-sample",
};

/** A CLI that answers each command by its first words; a number is how often it fails before it succeeds. */
function azure(failures: { readonly account?: number; readonly functionapp?: number; readonly deployment?: number }) {
  const left = new Map(Object.entries(failures));
  const commands: (readonly string[])[] = [];
  const waits: number[] = [];
  const outside = {
    az: async (args: readonly string[]) => {
      commands.push(args);
      const fails = left.get(args[0] ?? "") ?? 0;
      left.set(args[0] ?? "", fails - 1);
      return fails > 0 ? { ok: false, output: `${args[0]} says no` } : { ok: true, output: "" };
    },
    wait: async (milliseconds: number) => {
      waits.push(milliseconds);
    },
    say: () => undefined,
  };
  return { outside, commands, waits };
}

describe("connecting Event Grid after the deployment", () => {
  it("looks for the function first, then deploys the subscription with the names of this deployment", async () => {
    const { outside, commands } = azure({});
    assert.deepEqual(await connectEvents(deployed, outside), { kind: "connected" });
    assert.deepEqual(
      commands.map((args) => args.slice(0, 3)),
      [
        ["account", "show", "--subscription"],
        ["functionapp", "function", "show"],
        ["deployment", "group", "create"],
      ],
    );
    assert.deepEqual(commands[2]?.slice(-4), [
      "topicName=evgt-plgate-sample",
      "functionAppName=func-plgate-sample",
      "dataAccountName=plgatedatasample",
      "deadLetterContainerName=deadletters",
    ]);
  });

  it("waits for a function that takes its time, and for a right that has not arrived", async () => {
    const { outside, waits } = azure({ functionapp: 3, deployment: 2 });
    assert.deepEqual(await connectEvents(deployed, outside), { kind: "connected" });
    assert.deepEqual(waits, [10_000, 10_000, 10_000, 60_000, 60_000]);
  });

  it("does nothing when events are switched off", async () => {
    const { outside, commands } = azure({});
    assert.deepEqual(await connectEvents({ ...deployed, AZURE_EVENT_TOPIC: "" }, outside), { kind: "switched-off" });
    assert.deepEqual(commands, []);
  });

  const never = Number.POSITIVE_INFINITY;
  const ends: Readonly<Record<string, readonly [object, Parameters<typeof azure>[0], Outcome, number]>> = {
    "names what is missing before anything is provisioned": [
      { ...deployed, AZURE_RESOURCE_GROUP: undefined, AZURE_DATA_ACCOUNT: "" },
      {},
      { kind: "not-provisioned", missing: ["AZURE_RESOURCE_GROUP", "AZURE_DATA_ACCOUNT"] },
      0,
    ],
    "does not wait for anything when nobody is signed in": [
      deployed,
      { account: never },
      { kind: "not-signed-in", output: "account says no" },
      1,
    ],
    "gives up on a function that never shows up": [
      deployed,
      { functionapp: never },
      { kind: "no-function", output: "functionapp says no" },
      31,
    ],
    "gives up on a subscription that Azure keeps refusing": [
      deployed,
      { deployment: never },
      { kind: "refused", output: "deployment says no" },
      7,
    ],
  };
  for (const [name, [environment, failures, outcome, calls]] of Object.entries(ends)) {
    it(name, async () => {
      const { outside, commands } = azure(failures);
      assert.deepEqual(await connectEvents({ ...environment }, outside), outcome);
      assert.equal(commands.length, calls);
    });
  }

  it("tells the person what Azure said and how to try again", () => {
    const told = explain({ kind: "refused", output: "deployment says no" });
    assert.match(told, /deployment says no/);
    assert.match(told, /azd hooks run postdeploy/);
  });
});
