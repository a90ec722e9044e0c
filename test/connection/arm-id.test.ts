import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  connectionRef,
  parseConnectionId,
  parseEndpointId,
  parseServiceId,
  serviceRef,
} from "../../src/connection/arm-id.ts";

const subscription = "10000000-0000-4000-8000-000000000001";
const service = `/subscriptions/${subscription}/resourceGroups/rg-1/providers/Microsoft.Network/privateLinkServices/pls-1`;

const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
const name = fc
  .tuple(fc.constantFrom(...letters), fc.string({ unit: fc.constantFrom(..."abcXYZ019._-"), maxLength: 40 }))
  .map(([first, rest]) => first + rest);
const anyCase = (text: string) =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) =>
      [...text].map((letter, index) => (upper[index] ? letter.toUpperCase() : letter.toLowerCase())).join(""),
    );

describe("ARM ids", () => {
  it("a service id survives the way out and in again, whatever case ARM gives it", () => {
    fc.assert(
      fc.property(fc.uuid(), name, name, fc.infiniteStream(fc.boolean()), (id, group, resource, upper) => {
        const ref = serviceRef(id, `${group}x`, resource);
        const mixed = [...ref.id].map((letter) => (upper.next().value ? letter.toUpperCase() : letter)).join("");
        assert.equal(parseServiceId(mixed)?.id, ref.id);
      }),
    );
  });

  it("a connection id names its service, whatever case ARM gives it", () => {
    const ref = connectionRef(serviceRef(subscription, "RG-1", "Pls-1"), "Pe-1.4f1c6e62-0000-4000-8000-000000000001");
    fc.assert(
      fc.property(anyCase(ref.id), (mixed) => {
        assert.equal(parseConnectionId(mixed)?.id, ref.id);
        assert.equal(parseConnectionId(mixed)?.service.id, service.toLowerCase());
      }),
    );
  });

  it("a connection proxy names the same connection", () => {
    const proxy = `${service}/privateEndpointConnectionProxies/pe.1`;
    assert.equal(parseConnectionId(proxy)?.id, parseConnectionId(`${service}/privateEndpointConnections/pe.1`)?.id);
  });

  it("keeps the spelling of the parts for people", () => {
    assert.equal(parseServiceId(service.replace("pls-1", "Pls-One"))?.name, "Pls-One");
  });

  const refused = {
    "another resource type": service.replace("privateLinkServices", "privateEndpoints"),
    "a service id with a path that climbs": service.replace("rg-1", ".."),
    "an encoded slash": service.replace("rg-1", "rg%2F..%2Fother"),
    "a query behind the id": `${service}?api-version=2020-01-01`,
    "a fragment behind the id": `${service}#x`,
    "a slash at the end": `${service}/`,
    "a child of the service": `${service}/privateEndpointConnections/pe.1`,
    "a subscription that is no GUID": service.replace(subscription, "my-sub"),
    "another host in front": `https://evil.example${service}`,
    "a line break in the name": `${service}\n`,
    "a space in the name": service.replace("pls-1", "pls 1"),
    "a name that begins with a dot": service.replace("pls-1", "..pls"),
    "a resource group that ends with a dot": service.replace("rg-1", "rg."),
    "an empty text": "",
    "a name longer than Azure allows": service.replace("pls-1", "p".repeat(81)),
  };
  for (const [what, text] of Object.entries(refused)) {
    it(`refuses ${what}`, () => assert.equal(parseServiceId(text), undefined));
  }

  it("no text that parses holds a character that could leave its place in a path", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        const ref = parseServiceId(service.replace("pls-1", text)) ?? parseServiceId(service.replace("rg-1", text));
        if (ref) assert.doesNotMatch(`${ref.resourceGroup}${ref.name}`, /[/\\?#%\s]|^\.+$/u);
      }),
    );
  });

  it("an endpoint's id gives the consumer's subscription, lower-cased", () => {
    const id = `/subscriptions/${subscription.toUpperCase()}/resourceGroups/rg/providers/microsoft.network/privateendpoints/PE`;
    assert.deepEqual(parseEndpointId(id), {
      id: id.toLowerCase(),
      subscriptionId: subscription,
      resourceGroup: "rg",
      name: "PE",
    });
  });
});
