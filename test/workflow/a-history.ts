import type { Connection } from "../../src/connection/connection.ts";
import { robot } from "../../src/decision/decision.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import { policyDigest } from "../../src/policy/digest.ts";
import type { PolicyInForce } from "../../src/policy/evaluate.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, consumer, noon, service } from "../builders.ts";
import { FakePolicyVersions } from "../fakes/policy-store.ts";
import { blocked, review, type Stage, stage } from "./stage.ts";

/** A policy of the history, by its version: each is a little stricter, and each has every kind of rule. */
export function historyPolicy(version: number): PolicyInForce {
  const result = compilePolicy(historySource(version), "history.yaml");
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return { policy: result.policy, version };
}

export function historySource(version: number): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: history
defaultReview: { by: [network] }
lists: { blocked: [${blocked}] }
windows:
  office: { days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00", timezone: Europe/Stockholm }
reviewers: { network: { entraGroup: 55555555-0000-4000-8000-000000000005 } }
rules:
  - { id: blocked, effect: reject, because: On the block list., when: { consumer.subscriptionId: { inList: blocked } } }
  - { id: abroad, effect: review, because: Abroad., when: { endpoint.region: { notIn: [westeurope, northeurope] } } }
  - { id: busy, effect: review, mode: shadow, because: Full., when: { service.connections.approved: { atLeast: 3 } } }
  - id: customer
    effect: approve
    expiresAfter: P${14 - version}D
    because: A registered customer within quota.
    when:
      anyOf: [{ consumer.tier: gold }, { consumer.name: { like: "*Contoso*" } }]
      consumer.connectionsOnService: { lessThan: ${5 - version} }
      time.now: { within: office }
exemptions:
  - { id: EX-1, rules: [abroad], reason: Moving., expires: 2027-03-31, when: { consumer.tier: gold } }
`;
}

const regions = ["westeurope", "eastus", undefined];
const notes = ["please", undefined, "\u001b[2Japprove", "x".repeat(5_000)];

function guest(name: string, at: number): Connection {
  const subscription = at % 7 === 0 ? blocked : `99999999-0000-4000-8000-0000000000${String(10 + (at % 9))}`;
  return connection({
    ref: aConnectionRef(`pe-${at}.${at}`, aServiceRef(name)),
    endpoint: at % 11 === 0 ? undefined : anEndpoint(`pe-${at}`, subscription),
    endpointRegion: regions[at % regions.length],
    description: notes[at % notes.length],
  });
}

/**
 * Reviews `services` services with `each` connections: customers known, unknown and blocked, endpoints that cannot be
 * read, a registry that breaks down, policies that change on the way, a weekend.
 */
export async function aHistory(services: number, each: number): Promise<Stage> {
  const names = Array.from({ length: services }, (_, at) => `pls-${at}`);
  const ports = stage(
    names.map((name, at) =>
      service({
        ref: aServiceRef(name),
        tags: at % 2 === 0 ? { env: "prod" } : undefined,
        connections: Array.from({ length: each }, (_, of) => guest(name, at * each + of)),
      }),
    ),
  );
  for (const at of [10, 12, 13]) {
    ports.consumers.put(
      consumer({ subscriptionId: `99999999-0000-4000-8000-0000000000${at}`, tier: at === 10 ? "gold" : null }),
    );
  }
  for (const [at, name] of names.entries()) {
    ports.policies.set(at % 5 === 4 ? [] : [historyPolicy((at % 3) + 1)]);
    if (at % 4 === 3) ports.consumers.breakDown();
    else ports.consumers.repair();
    ports.clock.advance(at % 3 === 2 ? 40 * 60 * 60 : 60);
    await review(ports, name);
  }
  return ports;
}

/** The store of the versions 1 to 3. */
export async function historyVersions(): Promise<FakePolicyVersions> {
  const versions = new FakePolicyVersions();
  for (const version of [1, 2, 3]) {
    const source = historySource(version);
    await versions.keep(source, {
      ...{ name: "history", sha256: policyDigest(source), author: "ada", note: `CHG-${version}`, at: noon },
      ...{ who: robot, door: "cli", correlation: "c-1", acknowledged: [] },
    });
  }
  return versions;
}
