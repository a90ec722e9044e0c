import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArmConnections, type NetworkClients } from "../../src/azure/private-link.ts";
import { aServiceRef } from "../builders.ts";

const notFound = Object.assign(new Error("not found"), { statusCode: 404, code: "ResourceNotFound" });

/** A client that answers 404 so many times before it shows the service; counts what it was asked. */
function missing(times: number) {
  const asked = { reads: 0 };
  const get = async () => {
    asked.reads += 1;
    if (asked.reads <= times) throw notFound;
    return { location: "West Europe", provisioningState: "Succeeded" };
  };
  const clients = (async () => ({ privateLinkServices: { get } })) as unknown as NetworkClients;
  return { asked, connections: new ArmConnections(clients, clients) };
}

describe("A service that ARM does not find", () => {
  it("once is read again, because ending its requests would lose what people decided", async () => {
    const { connections } = missing(1);
    const service = await connections.read(aServiceRef());
    assert.equal(service !== "gone" && service.region, "westeurope");
  });

  it("twice is gone, and is not asked for any more", async () => {
    const { asked, connections } = missing(9);
    assert.equal(await connections.read(aServiceRef()), "gone");
    assert.equal(asked.reads, 2);
  });
});
