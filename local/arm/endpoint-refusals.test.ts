import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { polling, refusalOf, withArm } from "./test-arm.ts";
import { consumer, consumerSub, endpointBody, seededService, serviceId, strangerSub, testSeed } from "./test-world.ts";

describe("What a consumer's endpoint is refused for (codes [P] unless documented)", () => {
  const hidden = seededService("pls-hidden", { visibility: [strangerSub] });
  const seed = { ...testSeed, services: [...testSeed.services, hidden] };
  const wrongSubnet = `/subscriptions/${strangerSub}/resourceGroups/rg-app/providers/Microsoft.Network/virtualNetworks/v/subnets/s`;
  const cases: Readonly<Record<string, readonly [object, number, string]>> = {
    "a service that does not exist": [
      endpointBody({ target: serviceId("nobody") }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "an alias that nobody has": [
      endpointBody({ target: "x.y.z.azure.privatelinkservice" }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "another kind of resource": [
      endpointBody({ target: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a" }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "a service that does not show itself to this subscription": [
      endpointBody({ target: serviceId("pls-hidden") }),
      400,
      "InvalidPrivateLinkServiceId",
    ],
    "an automatic entry without the approval right": [
      endpointBody({ kind: "automatic" }),
      403,
      "LinkedAuthorizationFailed",
    ],
    "a message of 141 characters": [endpointBody({ requestMessage: "x".repeat(141) }), 400, "RequestMessageTooLong"],
    "no entry at all": [{ ...endpointBody(), manualPrivateLinkServiceConnections: [] }, 400, "InvalidRequestFormat"],
    "two entries": [
      {
        ...endpointBody(),
        manualPrivateLinkServiceConnections: [1, 2].flatMap(
          () => endpointBody().manualPrivateLinkServiceConnections ?? [],
        ),
      },
      400,
      "InvalidRequestFormat",
    ],
    "an approval reference, which nobody knows": [
      {
        ...endpointBody(),
        manualPrivateLinkServiceConnections: (endpointBody().manualPrivateLinkServiceConnections ?? []).map(
          (entry) => ({
            ...entry,
            approvalReference: { privateEndpointId: "/subscriptions/s" },
          }),
        ),
      },
      400,
      "NotImplementedByLocalArm",
    ],
    "a subnet of somebody else": [{ ...endpointBody(), subnet: { id: wrongSubnet } }, 400, "InvalidResourceReference"],
    "a subnet that is none": [{ ...endpointBody(), subnet: { id: "subnet" } }, 400, "InvalidResourceReference"],
    "application security groups": [
      { ...endpointBody(), applicationSecurityGroups: [{ id: "/subscriptions/s" }] },
      400,
      "NotImplementedByLocalArm",
    ],
  };
  for (const [name, [body, status, code]] of Object.entries(cases)) {
    it(name, () =>
      withArm({ seed }, async (arm) => {
        const { privateEndpoints } = arm.client(consumer, consumerSub);
        assert.deepEqual(await refusalOf(privateEndpoints.createOrUpdate("rg-app", "pe-1", body, polling)), [
          status,
          code,
        ]);
        assert.deepEqual(await refusalOf(privateEndpoints.get("rg-app", "pe-1")), [404, "ResourceNotFound"]);
      }),
    );
  }
});
