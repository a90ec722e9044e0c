import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectionStatus, isPending, isSameConsumer } from "../../src/connection/connection.ts";
import { lookUp } from "../../src/connection/facts.ts";
import { anEndpoint, connection } from "../builders.ts";

describe("The status of a connection", () => {
  const cases = {
    Pending: "Pending",
    approved: "Approved",
    REJECTED: "Rejected",
    Disconnected: "Disconnected",
    Removed: "Disconnected",
    Timeout: "Unknown",
    "": "Unknown",
  } as const;
  for (const [raw, expected] of Object.entries(cases)) {
    it(`"${raw}" is ${expected}`, () => assert.equal(connectionStatus(raw), expected));
  }
  it("a missing one is Unknown", () => assert.equal(connectionStatus(undefined), "Unknown"));
  it("only Pending waits for a decision", () => {
    assert.equal(isPending(connection()), true);
    assert.equal(isPending(connection({ status: "Approved" })), false);
  });
});

describe("A connection still belongs to the consumer who was judged", () => {
  const endpointId = anEndpoint().id;
  const cases: Record<string, [Parameters<typeof isSameConsumer>[0], Parameters<typeof isSameConsumer>[1], boolean]> = {
    "when nothing changed": [connection(), { endpointId, linkIdentifier: null }, true],
    "when ARM spells the id in another case": [
      connection(),
      { endpointId: endpointId.toUpperCase(), linkIdentifier: null },
      true,
    ],
    "when the link identifier only appears later": [
      connection({ linkIdentifier: "7" }),
      { endpointId, linkIdentifier: null },
      true,
    ],
    "but not when the endpoint is another": [
      connection({ endpoint: anEndpoint("pe-y") }),
      { endpointId, linkIdentifier: null },
      false,
    ],
    "but not when the link identifier is another": [
      connection({ linkIdentifier: "8" }),
      { endpointId, linkIdentifier: "7" },
      false,
    ],
    "but not when the endpoint vanished": [
      connection({ endpoint: undefined }),
      { endpointId, linkIdentifier: null },
      false,
    ],
    "when it never named an endpoint": [
      connection({ endpoint: undefined }),
      { endpointId: null, linkIdentifier: null },
      true,
    ],
  };
  for (const [name, [given, judged, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(isSameConsumer(given, judged), expected));
  }
});

describe("A fact in a snapshot", () => {
  const facts = {
    values: { "consumer.tier": "gold", "service.tags.env": "prod" },
    absent: ["service.alias", "service.tags.*"],
    unavailable: { "consumer.tenantId": "not recorded" },
  };
  const cases = {
    "is its value": ["consumer.tier", "gold"],
    "is null when there is none": ["service.alias", null],
    "is undefined when it could not be read": ["consumer.tenantId", undefined],
    "is undefined when nobody noted it": ["endpoint.region", undefined],
    "is found under a tag key in any case": ["service.tags.ENV", "prod"],
    "is null for a tag that a readable resource does not have": ["service.tags.owner", null],
    "is undefined for a tag of a resource whose tags are unreadable": ["consumer.tags.team", undefined],
    "is never a member that every object has": ["service.tags.constructor", null],
    "is not found on the prototype": ["constructor", undefined],
  } as const;
  for (const [name, [fact, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(lookUp(facts, fact), expected));
  }
});
