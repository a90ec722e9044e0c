import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { type Answer, json } from "../../local/exchange.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { noticeCard } from "../../src/teams/notice-card.ts";
import { webhookSender } from "../../src/teams/webhooks.ts";
import { aView } from "./a-view.ts";
import { scriptedServer, silence } from "./scripted-server.ts";

const secret = "sig=geheim-geheim";
const notice = noticeCard(aView(), "asked", "en");

async function stage(t: TestContext, ...answers: readonly (Answer | (() => Answer | Promise<Answer>))[]) {
  const server = await scriptedServer(t, ...answers);
  const waits: number[] = [];
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  const url = `${server.url}/workflows/1/triggers/manual/paths/invoke?${secret}`;
  const sender = webhookSender({ webhooks: [{ name: "ops", url }], local: true, timeoutMs: 200, sleep });
  return { server, sender, waits };
}

/** What was thrown, which must never hold the address. */
async function faultOf(promise: Promise<unknown>): Promise<PlgateError> {
  const error = await promise.then(
    () => assert.fail("nothing was thrown"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PlgateError);
  for (const text of [error.message, String(error.stack), JSON.stringify(error), String(error.cause)]) {
    assert.doesNotMatch(text, /geheim|workflows|127\.0\.0\.1/);
  }
  return error;
}

describe("A webhook", () => {
  it("is told by one message with one card, in the form that Workflows take", async (t) => {
    const { server, sender } = await stage(t, { status: 202, body: "" });
    assert.deepEqual(await sender.send("ops", notice), { kind: "sent" });
    const [call, ...others] = server.calls;
    assert.deepEqual(others, []);
    assert.equal(call?.method, "POST");
    assert.match(call?.path ?? "", /\/paths\/invoke/);
    assert.deepEqual(JSON.parse(call?.body ?? ""), {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          contentUrl: null,
          content: JSON.parse(JSON.stringify(notice)),
        },
      ],
    });
  });

  it("that is throttled is told as soon as it says", async (t) => {
    const { sender, waits } = await stage(t, json(429, {}, { "retry-after": "2" }), { status: 200, body: "1" });
    assert.deepEqual(await sender.send("ops", notice), { kind: "sent" });
    assert.deepEqual(waits, [2000]);
  });

  it("that is throttled for long is left to the outbox", async (t) => {
    for (const header of ["60", "nonsense"]) {
      const { sender, server, waits } = await stage(t, json(429, {}, { "retry-after": header }));
      assert.ok((await faultOf(sender.send("ops", notice))).retryable);
      assert.ok(waits.every((ms) => ms <= 5_000));
      assert.ok(server.calls.length <= 3);
    }
  });

  const gone = [400, 401, 403, 404, 405, 410];
  for (const status of gone) {
    it(`that answers ${status} takes nothing any more`, async (t) => {
      const { sender, server } = await stage(t, json(status, { error: { code: "WorkflowTriggerIsNotEnabled" } }));
      assert.deepEqual(await sender.send("ops", notice), { kind: "gone", why: `the webhook ops answers ${status}` });
      assert.equal(server.calls.length, 1);
    });
  }

  const passing: Readonly<Record<string, Answer | (() => Promise<Answer>)>> = {
    "a server error": { status: 500, body: "" },
    "a bad gateway": { status: 502, body: "<html>" },
    silence,
  };
  for (const [name, answer] of Object.entries(passing)) {
    it(`is told once and not again at once after ${name}, since it may have been told`, async (t) => {
      const { sender, server } = await stage(t, answer);
      assert.ok((await faultOf(sender.send("ops", notice))).retryable);
      assert.equal(server.calls.length, 1);
    });
  }

  it("is never followed to where it points", async (t) => {
    const elsewhere = await scriptedServer(t, { status: 200, body: "" });
    const { sender } = await stage(t, { status: 307, headers: { location: elsewhere.url }, body: "" });
    assert.equal((await faultOf(sender.send("ops", notice))).retryable, false);
    assert.deepEqual(elsewhere.calls, []);
  });

  it("that nobody listens at is a fault that may pass, and names no address", async () => {
    const webhooks = [{ name: "ops", url: `http://127.0.0.1:9/?${secret}` }];
    assert.ok((await faultOf(webhookSender({ webhooks, local: true }).send("ops", notice))).retryable);
  });

  const foreign = {
    "on loopback outside the local stack": "http://127.0.0.1:9/",
    "on a host that only looks like one": "https://prod.logic.azure.com.evil.example/",
    "on the bare domain": "https://logic.azure.com.example/",
    "without TLS": "http://prod-1.westeurope.logic.azure.com/",
    "on another port": "https://prod-1.westeurope.logic.azure.com:8443/",
    "with credentials": "https://user:pass@prod-1.westeurope.logic.azure.com/",
  };
  for (const [name, url] of Object.entries(foreign)) {
    it(`is not told ${name}, whatever the configuration was talked into`, async () => {
      const sender = webhookSender({ webhooks: [{ name: "ops", url: `${url}?${secret}` }], local: false });
      const fault = await faultOf(sender.send("ops", notice));
      assert.deepEqual(
        [fault.retryable, fault.message],
        [false, "the webhook ops took nothing: its address is not allowed"],
      );
    });
  }

  it("that was taken out of the configuration takes nothing", async (t) => {
    const { sender, server } = await stage(t, { status: 200, body: "" });
    assert.equal((await sender.send("night", notice)).kind, "gone");
    assert.deepEqual(server.calls, []);
  });

  it("is sent no more than 28 KB", async (t) => {
    const { sender, server } = await stage(t, { status: 200, body: "" });
    const body = [{ type: "TextBlock", text: "x".repeat(30_000), wrap: true }] as const;
    const fault = await faultOf(sender.send("ops", { ...notice, body }));
    assert.equal(fault.retryable, false);
    assert.deepEqual(server.calls, []);
  });
});
