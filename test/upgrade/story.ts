import assert from "node:assert/strict";
import type { Connection, PrivateLinkService } from "../../src/connection/connection.ts";
import { robot } from "../../src/decision/decision.ts";
import type { OutboxEntry } from "../../src/ledger/commit.ts";
import { segmentFile } from "../../src/ledger/segment.ts";
import { connectionKey, type RequestId, registryChain, serviceKey } from "../../src/requests/request-id.ts";
import { publishPolicy } from "../../src/workflow/administer-policies.ts";
import { anchorChains } from "../../src/workflow/anchor-chains.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { dispatch } from "../../src/workflow/dispatch-outbox.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { registerConsumer } from "../../src/workflow/register-consumer.ts";
import { startRun } from "../../src/workflow/runs.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, consumer, customer, service } from "../builders.ts";
import { blocked, megan, review, reviewers, tenant } from "../workflow/stage.ts";
import type { StoredPorts } from "./stored-ports.ts";

const stranger = "77777777-0000-4000-8000-000000000007";

function asks(name: string, subscription: string, status: Connection["status"] = "Pending"): Connection {
  return connection({ ref: aConnectionRef(`${name}.1`), endpoint: anEndpoint(name, subscription), status });
}

/** Whose question nobody has answered when the story ends. */
export const open = asks("pe-open", stranger);

const kept = asks("pe-kept", stranger);
const refused = asks("pe-refused", stranger);

export const storyService: PrivateLinkService = service({
  connections: [
    asks("pe-customer", customer),
    asks("pe-blocked", blocked),
    ...[kept, refused, open],
    // Nobody asked plgate about it.
    asks("pe-by-hand", stranger, "Approved"),
  ],
});

const policy = (note: string) => `apiVersion: plgate/v1
kind: ApprovalPolicy
name: story
description: ${note}
defaultReview: { by: [network] }
lists: { blocked: [${blocked}] }
reviewers: { network: { entraGroup: ${reviewers} } }
rules:
  - { id: blocked, effect: reject, because: On the block list., when: { consumer.subscriptionId: { inList: blocked } } }
  - { id: customer, effect: approve, because: A registered customer., when: { consumer.registered: true } }
`;

/** A little of everything that plgate stores: every kind of row is written at least once. */
export async function playStory(ports: StoredPorts): Promise<void> {
  const hand = { who: robot, door: "cli", correlation: "story", clock: ports.clock } as const;
  const follow = (entries: readonly OutboxEntry[]) => dispatch(entries, ports);
  for (const note of ["The first version.", "The second version."]) {
    const wish = { source: policy(note), file: "story.yaml", activate: true };
    const acknowledge = ["never-in-shadow", "untested"] as const;
    const asked = { ...wish, tests: undefined, acknowledge: [...acknowledge] };
    const published = await publishPolicy(asked, { hand, author: "Ada", note }, { ...ports, follow });
    assert.equal(published.kind, "published");
  }
  await registerConsumer(consumer({ owners: [stranger], tags: { team: "web" } }), hand, { ...ports, follow });
  await ports.conversations.keep({
    ...{ serviceUrl: "https://smba.example/emea/", tenantId: tenant, teamId: "19:team@thread.tacv2" },
    ...{ teamName: "Network", aadGroupId: null, channelId: "19:channel@thread.tacv2", channelName: "Approvals" },
    ...{ botId: "28:bot", usable: true },
  });
  await review(ports);
  // ARM shows this one's LinkID later.
  ports.connections.linkOnApproval = undefined;
  await answer(ports, kept, "approve");
  await answer(ports, refused, "reject");
  await review(ports);
  await startRun(
    {
      ...{ kind: "recertify", scope: { serviceId: storyService.ref.id }, note: "CHG-1", within: "P14D" },
      ...{ unanswered: "flag", cap: 10, by: "reject", acknowledge: null },
    },
    { ...hand, who: person },
    ports,
  );
  await review(ports);
  await sealAFew(ports, hand);
  await reconcile(ports);
  await review(ports, aServiceRef().name);
  await ports.watch.wake(storyService.ref, "timer", 600);
  await anchorChains(ports);
}

const person = { kind: "person", objectId: megan, tenantId: tenant, name: "Megan" } as const;

/** Gives the id of the request that was answered. */
export async function answer(ports: StoredPorts, { ref }: Connection, vote: "approve" | "reject"): Promise<RequestId> {
  const stored = await ports.ledger.latestOf(serviceKey(ref.service.id), connectionKey(ref.id));
  assert.ok(stored, `${ref.name} was asked about`);
  const ballot = {
    requestId: stored.request.id,
    vote,
    justification: "CHG-2",
    door: "api",
    correlation: "vote",
  } as const;
  const outcome = await decideManually({ ...ballot, person: { ...person, groups: undefined } }, ports);
  assert.equal(outcome.kind, "recorded");
  return stored.request.id;
}

/** A file of sealed events beside the chain of the registry; their rows stay, as after a sealing that was killed. */
async function sealAFew(ports: StoredPorts, hand: Parameters<typeof registerConsumer>[1]): Promise<void> {
  const file = segmentFile(registryChain, await ports.ledger.eventsBetween(registryChain, 1, 1));
  assert.ok(file && (await ports.archive.keep(file.segment.blob, file.text)));
  const about = { serviceId: null, requestId: null, connectionId: null, consumerSubscriptionId: null };
  await ports.ledger.note({
    ...{ key: "seal", chain: registryChain, after: null, segment: file.segment },
    events: [
      {
        ...{ kind: "segment-sealed", time: hand.clock.now().toISOString(), who: hand.who, door: hand.door, why: null },
        ...{ what: "Sealed event 1 in a file.", correlation: "seal", linkIdentifier: null, ...about, detail: {} },
      },
    ],
  });
}
