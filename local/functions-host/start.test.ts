import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { app } from "@azure/functions";
import { startTestHost } from "./test-host.ts";

const says = (body: string) => () => ({ body });

describe("start and invocation of the local functions host", () => {
  it("hooks run around each invocation, in the worker's order, and may replace inputs and result", async (t) => {
    const steps: string[] = [];
    const register = () => {
      app.hook.appStart(() => void steps.push("appStart"));
      app.hook.preInvocation((context) => {
        steps.push("pre");
        context.functionHandler = () => ({ body: "replaced" });
      });
      app.hook.postInvocation((context) => {
        steps.push(`post ${JSON.stringify(context.result)}`);
        context.result = { body: "and again" };
      });
      app.hook.log((context) => {
        context.message = `hooked ${context.message}`;
      });
      app.http("hooked", { handler: says("original") });
    };
    const host = await startTestHost(t, register);
    assert.equal(await (await fetch(`${host.url}/api/hooked`)).text(), "and again");
    assert.deepEqual(steps, ["appStart", "pre", 'post {"body":"replaced"}']);
  });

  it("a start that cannot work says why", async (t) => {
    const refusals: [RegExp, () => void, object?][] = [
      [/registered no function/, () => undefined],
      [
        /function blob-one, binding blobTrigger/,
        () => app.storageBlob("blob-one", { path: "a/{b}", connection: "", handler: () => undefined }),
      ],
      [
        /function twice is registered twice/,
        () => ["", ""].forEach(() => void app.http("twice", { handler: says("") })),
      ],
      [/batchSize/, () => app.http("web", { handler: says("") }), { extensions: { queues: { batchSize: 99 } } }],
      [
        /Unrecognized key: "eventHubs"/,
        () => app.http("web", { handler: says("") }),
        { extensions: { eventHubs: {} } },
      ],
    ];
    for (const [reason, register, hostJson] of refusals)
      await assert.rejects(startTestHost(t, register, { hostJson: { ...hostJson } }), reason);
    const first = await startTestHost(t, () => app.http("web", { handler: says("") }));
    const second = startTestHost(t, () => app.http("web", { handler: says("") }), {
      port: first.port,
      strictPort: true,
    });
    await assert.rejects(second, /port \d+ is taken/);
    const moved = await startTestHost(t, () => app.http("web", { handler: says("moved") }), { port: first.port });
    assert.equal(await (await fetch(`${moved.url}/api/web`)).text(), "moved");
  });
});
