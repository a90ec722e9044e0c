import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  assignmentsOf,
  customRole,
  json,
  ofType,
  type Role,
  roleFiles,
  snapshot,
  snapshots,
  templates,
  text,
} from "./snapshots.ts";

const network = "Microsoft.Network/privateLinkServices";
const entities = "Microsoft.Storage/storageAccounts/tableServices/tables/entities";
const messages = "Microsoft.Storage/storageAccounts/queueServices/queues/messages";
const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

const subscriptionA = "/subscriptions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
const subscriptionB = "/subscriptions/bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb";
const record = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-sample-record";
const account = "storageAccounts/plgatedatajzlrn4ms6kzl4";

const onRecord = [
  `Storage Blob Data Reader to ServicePrincipal: ${account}/containers/archive`,
  `plgate audit writer to ServicePrincipal: ${account}/containers/anchors`,
  `plgate queue worker to ServicePrincipal: ${account}/queues/reviews`,
  `plgate queue worker to ServicePrincipal: ${account}/queues/reviews-poison`,
  `plgate record keeper to ServicePrincipal: ${account}`,
];
const onServices = [
  `plgate on services to ServicePrincipal: ${subscriptionA}/resourceGroups/rg-services`,
  `plgate on services to ServicePrincipal: ${subscriptionB}/resourceGroups/rg-more`,
];

describe("the rights of plgate outside of its own group", () => {
  const variants = {
    "while it observes": ["rights-observe", []],
    "when it decides": ["rights-decide", []],
    "when it removes connections": [
      "rights-remove",
      [
        `plgate operation reader to ServicePrincipal: ${subscriptionA}`,
        `plgate operation reader to ServicePrincipal: ${subscriptionB}`,
      ],
    ],
    "when it reads metrics": ["rights-metrics", []],
    "with a group of operators": [
      "rights-operators",
      [
        `Storage Blob Data Reader to Group: ${account}/containers/anchors`,
        `Storage Blob Data Reader to Group: ${account}/containers/archive`,
        `Storage Table Data Reader to Group: ${account}/tables/conversations`,
        ...["reviews", "reviews-poison"].map((queue) => `plgate queue worker to Group: ${account}/queues/${queue}`),
        ...["consumers", "ledger", "ledgerindex", "policies", "services"].map(
          (table) => `plgate record keeper to Group: ${account}/tables/${table}`,
        ),
      ],
    ],
  } as const;
  for (const [name, [sample, more]] of Object.entries(variants)) {
    it(`are these and no others ${name}`, () => {
      assert.deepEqual(assignmentsOf(snapshot(sample)), [...onRecord, ...onServices, ...more].sort());
    });
  }

  it("are no others for many subscriptions: nothing is given at the management group or on a subscription", () => {
    const given = assignmentsOf(snapshot("estate")).filter((line) => !line.startsWith("Storage Blob Data Contributor"));
    assert.deepEqual(given, [...onRecord, ...onServices].sort());
  });
});

describe("the role on the groups of the services", () => {
  const read = `${network}/read`;
  const write = `${network}/privateEndpointConnections/write`;
  const remove = `${network}/privateEndpointConnections/delete`;
  const variants = {
    "reads and can decide nothing while plgate observes": ["rights-observe", [read]],
    "reads a service and writes a connection when it decides": ["rights-decide", [read, write]],
    "removes connections only where that is how access is taken away": ["rights-remove", [read, write, remove]],
    "reads metrics only where they are asked for, and removes nothing before the mode takes access away": [
      "rights-metrics",
      [read, write, "Microsoft.Insights/metrics/read"],
    ],
  } as const;
  for (const [name, [sample, may]] of Object.entries(variants)) {
    it(name, () => assert.deepEqual(customRole(snapshot(sample), "plgate on services").may, may));
  }

  it("is one and the same for every set of switches, so that what is switched off is taken away", () => {
    const ids = Object.values(variants).map(
      ([sample]) => ofType(snapshot(sample), "Microsoft.Authorization/roleDefinitions")[0]?.id,
    );
    assert.equal(new Set(ids).size, 1);
  });

  it("can be given in the listed groups and in that of the record, each once however it is written", () => {
    assert.deepEqual(customRole(snapshot("rights-observe"), "plgate on services").scopes, [
      record,
      `${subscriptionA}/resourceGroups/rg-services`,
      `${subscriptionB}/resourceGroups/rg-more`,
    ]);
  });
});

describe("the custom roles", () => {
  const observing = snapshot("rights-observe");
  const expected = {
    "plgate record keeper": ["read", "add/action", "update/action", "delete"].map((verb) => `${entities}/${verb}`),
    "plgate queue worker": [
      "Microsoft.Storage/storageAccounts/queueServices/queues/read",
      ...["read", "write", "process/action"].map((verb) => `${messages}/${verb}`),
    ],
    "plgate audit writer": ["read", "add/action"].map((verb) => `${blobs}/${verb}`),
  } as const;
  for (const [name, may] of Object.entries(expected)) {
    it(`hold no more than their work: ${name}`, () => {
      assert.deepEqual(customRole(observing, name).may, may);
      assert.deepEqual(customRole(observing, name).scopes, [record]);
    });
  }

  it("on a subscription read operations and no resource, and are there only where connections are removed", () => {
    const { may, scopes } = customRole(snapshot("rights-remove"), "plgate operation reader");
    const locations = "Microsoft.Network/locations";
    assert.deepEqual(may, [`${locations}/operations/read`, `${locations}/operationResults/read`]);
    assert.deepEqual(scopes, [record, subscriptionA, subscriptionB]);
    for (const sample of ["rights-observe", "rights-decide", "rights-metrics", "rights-operators"]) {
      const names = ofType<{ roleName: string }>(snapshot(sample), "Microsoft.Authorization/roleDefinitions");
      assert.ok(!names.some(({ properties }) => properties.roleName.startsWith("plgate operation")), sample);
    }
  });

  it("come from files that give a reason for each action, and for what is not granted", () => {
    assert.equal(roleFiles.length, 8);
    for (const path of roleFiles) {
      const { actions = [], dataActions = [], why, notGranted } = json<Role>(path);
      assert.deepEqual(Object.keys(why), [...actions, ...dataActions], path);
      assert.ok(Object.keys(notGranted).length > 0, path);
      for (const action of Object.keys(notGranted)) assert.ok(![...actions, ...dataActions].includes(action), path);
    }
  });

  it("hold no wildcard and nothing that gives rights or reads keys", () => {
    for (const name of snapshots.filter((one) => one.startsWith("rights-") || one === "estate")) {
      for (const { properties } of ofType<{ roleName: string; permissions: unknown }>(
        snapshot(name),
        "Microsoft.Authorization/roleDefinitions",
      )) {
        assert.doesNotMatch(
          JSON.stringify(properties.permissions),
          /\*|Authorization|listKeys|Sas/,
          properties.roleName,
        );
      }
    }
  });
});

describe("rights", () => {
  it("are given in these files only, so that none can hide elsewhere", () => {
    assert.deepEqual(
      templates.filter((path) => /resource \w+ 'Microsoft\.Authorization\/role/.test(text(path))),
      [
        "infra/modules/app-rights.bicep",
        "infra/modules/dead-letter-right.bicep",
        "infra/modules/operation-right.bicep",
        "infra/modules/record-rights.bicep",
        "infra/modules/service-right.bicep",
      ],
    );
  });

  it("are each given under a sentence that says why", () => {
    for (const path of templates) {
      const lines = text(path).split("\n");
      const given = lines.flatMap((line, at) =>
        /^resource \w+ 'Microsoft\.Authorization\/role/.test(line) ? [at] : [],
      );
      for (const at of given) assert.match(lines[at - 1] ?? "", /^\/\/ /, `${path}: ${lines[at]}`);
    }
  });

  it("are never Owner, Contributor, Reader or User Access Administrator of anything in this tenant", () => {
    const never = [
      "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
      "b24988ac-6180-42a0-ab88-20f7382dd24c",
      "acdd72a7-3385-48ef-bd42-f606fba80ae7",
      "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    ];
    for (const name of snapshots.filter((one) => one !== "lighthouse")) {
      const all = JSON.stringify(snapshot(name));
      for (const role of never) assert.ok(!all.includes(role), `${name}: ${role}`);
    }
  });

  it("have the principal in their names, so that a new identity gets new ones", () => {
    for (const path of templates) {
      for (const [, name] of text(path).matchAll(/roleAssignments@[^{]*\{\s*(?:\/\/[^\n]*\s*)*name: (.*)/g)) {
        assert.match(name ?? "", /guid\(.*(rincipalId|GroupId)/, path);
      }
    }
  });
});
