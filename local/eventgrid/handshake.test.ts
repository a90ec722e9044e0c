import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { EventSubscription } from "./event-subscription.ts";
import { shakeHands } from "./handshake.ts";
import { startWebhook, type WebhookAnswer, type WebhookRequest } from "./test-webhook.ts";
import { provider } from "./test-writes.ts";

const functionsPath = "/runtime/webhooks/EventGrid?functionName=connection-event&code=secret-key";

describe("the handshake of a new subscription", () => {
  it("sends one validation event in an array and takes its code back", async (t) => {
    const webhook = await opened(t);
    await shakeHands(subscription(webhook.url));
    const request = webhook.handshakes[0] ?? assert.fail();
    assert.equal(request.headers["aeg-event-type"], "SubscriptionValidation");
    const [event, ...others] = request.body as readonly Readonly<Record<string, unknown>>[];
    assert.equal(event?.["eventType"], "Microsoft.EventGrid.SubscriptionValidationEvent");
    assert.deepEqual(others, []);
  });

  it("sends the functions host a CloudEvent with its data as text, at the path with its key", async (t) => {
    const webhook = await opened(t);
    await shakeHands({ ...subscription(webhook.url + functionsPath), schema: "CloudEventSchemaV1_0" });
    const [request] = webhook.handshakes;
    assert.deepEqual([request?.method, request?.path], ["POST", functionsPath]);
    const event = request?.body as Readonly<Record<string, unknown>>;
    assert.deepEqual([event["specversion"], typeof event["data"]], ["1.0", "string"]);
  });

  it("asks any other webhook by OPTIONS for CloudEvents", async (t) => {
    const webhook = await opened(t);
    await shakeHands({ ...subscription(webhook.url), schema: "CloudEventSchemaV1_0" });
    const [request] = webhook.handshakes;
    assert.deepEqual([request?.method, request?.headers["webhook-request-origin"]], ["OPTIONS", "eventgrid.azure.net"]);
  });

  it("sends the headers that the subscription was given", async (t) => {
    const webhook = await opened(t);
    const destination = { kind: "webhook", url: webhook.url, headers: { "x-functions-key": "k" } } as const;
    await shakeHands({ ...subscription(webhook.url), destination });
    assert.equal(webhook.handshakes[0]?.headers["x-functions-key"], "k");
  });
});

describe("a handshake fails", () => {
  const cases: Readonly<Record<string, readonly [WebhookAnswer, RegExp]>> = {
    "when the key is refused": [{ status: 401 }, /answered the validation with 401 instead of 200/],
    "when another code comes back": [{ status: 200, body: { validationResponse: "x" } }, /did not send back the valid/],
    "when the answer is no code at all": [{ status: 200 }, /did not send back the validation code/],
    "when the answer comes with the wrong success": [{ status: 202 }, /with 202 instead of 200/],
    "when nobody answers": ["hang-up", /could not be reached/],
  };
  for (const [sentence, [answer, expected]] of Object.entries(cases)) {
    it(sentence, async (t) => {
      const webhook = await opened(t, () => answer);
      await assert.rejects(shakeHands(subscription(webhook.url + functionsPath)), expected);
    });
  }

  it("when OPTIONS does not allow the origin", async (t) => {
    const webhook = await opened(t, () => ({ status: 200, headers: { "webhook-allowed-origin": "else.example" } }));
    const cloud: EventSubscription = { ...subscription(webhook.url), schema: "CloudEventSchemaV1_0" };
    await assert.rejects(shakeHands(cloud), /does not allow the origin eventgrid\.azure\.net/);
  });

  it("when OPTIONS is refused, as the real functions host does", async (t) => {
    const webhook = await opened(t, () => ({ status: 400 }));
    const cloud: EventSubscription = { ...subscription(webhook.url), schema: "CloudEventSchemaV1_0" };
    await assert.rejects(shakeHands(cloud), /answered OPTIONS with 400/);
  });

  it("without telling the key in the address", async () => {
    const unreachable = subscription(`http://127.0.0.1:1${functionsPath}`);
    await assert.rejects(shakeHands(unreachable), (error: Error) => {
      assert.match(error.message, /^The event subscription shaking was not made: its endpoint could not be reached/);
      assert.doesNotMatch(error.message, /secret-key/);
      return true;
    });
  });
});

async function opened(t: TestContext, handshake?: (request: WebhookRequest) => WebhookAnswer) {
  const webhook = await startWebhook(handshake ? { handshake } : {});
  t.after(() => webhook.close());
  return webhook;
}

function subscription(url: string): EventSubscription {
  return {
    name: "shaking",
    topic: { type: "Microsoft.Resources.Subscriptions", subscriptionId: provider.subscriptionId },
    destination: { kind: "webhook", url },
    schema: "EventGridSchema",
  };
}
