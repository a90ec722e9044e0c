import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assignmentsOf, json, ofType, type Snapshot, snapshot, text } from "./snapshots.ts";

type Filters = {
  readonly subscriptionEvents: { readonly includedEventTypes: string[]; readonly operationNames: string[] };
  readonly resourceNotifications: { readonly includedEventTypes: string[]; readonly resourceTypes: string[] };
};
type Subscription = Readonly<
  Record<"filter" | "destination" | "deadLetterWithResourceIdentity" | "retryPolicy", unknown>
>;

const filters = json<Filters>("infra/event-filters.json");
const watch = snapshot("watch");
const topics = "Microsoft.EventGrid/systemTopics";
const subscriptions = (from: Snapshot) => ofType<Subscription>(from, `${topics}/eventSubscriptions`);
const here = "/subscriptions/44444444-4444-4444-4444-444444444444";
const there = "/subscriptions/77777777-7777-7777-7777-777777777777/resourceGroups";

describe("the events of a subscription", () => {
  it("come from its two topics, which live in no region and act as themselves", () => {
    const found = ofType<{ source: string; topicType: string }>(watch, topics);
    assert.deepEqual(
      found.map(({ properties }) => properties),
      ["Microsoft.Resources.Subscriptions", "Microsoft.ResourceNotifications.Resources"].map((topicType) => ({
        source: here,
        topicType,
      })),
    );
    assert.match(JSON.stringify(found), /"location":"global".*"SystemAssigned"/);
  });

  it("are filtered by the list that the local stack uses too", () => {
    const { subscriptionEvents, resourceNotifications } = filters;
    assert.deepEqual(
      subscriptions(watch).map(({ properties }) => properties.filter),
      [
        {
          includedEventTypes: subscriptionEvents.includedEventTypes,
          advancedFilters: [
            { operatorType: "StringIn", key: "data.operationName", values: subscriptionEvents.operationNames },
          ],
        },
        {
          includedEventTypes: resourceNotifications.includedEventTypes,
          advancedFilters: [
            { operatorType: "StringIn", key: "data.resourceInfo.type", values: resourceNotifications.resourceTypes },
          ],
        },
      ],
    );
  });

  it("go to the function connection-event of the deployment, which may lie in another subscription", () => {
    assert.match(text("functions/connection-event.ts"), /app\.eventGrid\("connection-event"/);
    for (const { properties } of subscriptions(watch)) {
      assert.deepEqual(properties.destination, {
        endpointType: "AzureFunction",
        properties: {
          resourceId: `${there}/rg-sample/providers/Microsoft.Web/sites/func-plgate-jzlrn4ms6kzl4/functions/connection-event`,
          maxEventsPerBatch: 1,
          preferredBatchSizeInKilobytes: 64,
        },
      });
    }
  });

  it("are kept with the record when they could not be delivered, by the topic's own right on that one container", () => {
    for (const { properties } of subscriptions(watch)) {
      assert.deepEqual(properties.deadLetterWithResourceIdentity, {
        identity: { type: "SystemAssigned" },
        deadLetterDestination: {
          endpointType: "StorageBlob",
          properties: {
            resourceId: `${there}/rg-sample-record/providers/Microsoft.Storage/storageAccounts/plgatedatajzlrn4ms6kzl4`,
            blobContainerName: "deadletters",
          },
        },
      });
    }
    const right =
      "Storage Blob Data Contributor to ServicePrincipal: storageAccounts/plgatedatajzlrn4ms6kzl4/containers/deadletters";
    assert.deepEqual(assignmentsOf(watch), [right, right]);
  });

  it("lie in a group without a tag of azd", () => {
    const [group] = ofType(watch, "Microsoft.Resources/resourceGroups");
    assert.equal(group?.id, `${here}/resourceGroups/rg-sample-watch`);
    assert.doesNotMatch(JSON.stringify(watch), /azd-/);
  });

  it("are resource notifications only where they are asked for", () => {
    assert.match(text("infra/watch.bicep"), /^param resourceNotifications bool = false$/m);
    const types = ofType<{ topicType: string }>(snapshot("estate"), topics).map(
      ({ properties }) => properties.topicType,
    );
    assert.deepEqual(types, ["Microsoft.Resources.Subscriptions", "Microsoft.Resources.Subscriptions"]);
  });
});

describe("a deployment for many subscriptions", () => {
  const estate = snapshot("estate");

  it("makes a topic in each watched subscription, all of them for one function", () => {
    assert.deepEqual(
      ofType<{ source: string }>(estate, topics).map(({ properties }) => properties.source),
      ["/subscriptions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", "/subscriptions/bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"],
    );
    const targets = new Set(subscriptions(estate).map(({ properties }) => JSON.stringify(properties.destination)));
    assert.equal(targets.size, 1);
  });

  it("makes nothing at the management group itself", () => {
    for (const { id } of estate.predictedResources) assert.match(id, /^(\[extensionResourceId\(')?\/subscriptions\//);
  });
});

describe("a delegation from another tenant", () => {
  const lighthouse = snapshot("lighthouse");
  const reader = "acdd72a7-3385-48ef-bd42-f606fba80ae7";
  const networkContributor = "4d97b98b-1d4f-4787-a291-c67834d212e7";

  it("gives plgate's identity one built-in role, on the named groups and not on the subscription", () => {
    type Registration = { authorizations: readonly { principalId: string; roleDefinitionId: string }[] };
    const [definition] = ofType<Registration>(lighthouse, "Microsoft.ManagedServices/registrationDefinitions");
    assert.deepEqual(definition?.properties.authorizations, [
      {
        principalId: "55555555-5555-5555-5555-555555555555",
        principalIdDisplayName: "plgate",
        roleDefinitionId: networkContributor,
      },
    ]);
    assert.deepEqual(
      ofType(lighthouse, "Microsoft.ManagedServices/registrationAssignments").map(
        ({ id }) => id.split("/providers/")[0],
      ),
      [`${here}/resourceGroups/rg-services`, `${here}/resourceGroups/rg-more`],
    );
  });

  it("reads where nobody chose more, and says what the larger role is", () => {
    const template = text("infra/lighthouse.bicep");
    assert.match(template, /^param rights 'observe' \| 'decide' = 'observe'$/m);
    assert.match(template, new RegExp(`observe: '${reader}'`));
    assert.match(template, /Network Contributor, which can change\nevery network/);
  });
});
