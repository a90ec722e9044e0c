import { robot } from "../../src/decision/decision.ts";
import type { CountedHours, Deadline, Escalation, ReviewTerms } from "../../src/policy/review-terms.ts";
import { plainTerms } from "../../src/policy/review-terms.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { consequence, newRequest } from "../../src/workflow/consequence.ts";
import { dispatch } from "../../src/workflow/dispatch-outbox.ts";
import { evaluation, type Judgement, judge } from "../../src/workflow/judge.ts";
import type { Settings } from "../../src/workflow/ports.ts";
import { about, type Hand } from "../../src/workflow/record.ts";
import { anEndpoint, connection, service } from "../builders.ts";
import { requestOf, review, reviewers, type Stage, stage } from "./stage.ts";

export const leads = "55555555-0000-4000-8000-000000000006";
export const lee = "aaaaaaaa-0000-4000-8000-000000000002";
/** About whom policy asks people. */
export const stranger = connection({ endpoint: anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007") });

export const office: CountedHours = {
  ...{ name: "office", days: ["mon", "tue", "wed", "thu", "fri"] as const },
  ...{ from: 8 * 60, to: 16 * 60, timezone: "UTC" },
};

export function deadline(within: string, change: Partial<Deadline> = {}): Deadline {
  return { within, hours: null, expiry: "leave", ...change };
}

export function escalation(after: string, change: Partial<Escalation> = {}): Escalation {
  const to = [{ group: leads, name: "leads", channels: ["second-line"] }];
  return { after, hours: null, from: [reviewers], to, ...change };
}

/** What policy says of the stranger, had the rule that asks said these terms. */
export async function judgedUnder(ports: Stage, terms: ReviewTerms): Promise<Judgement> {
  const judgement = await judge(serviceOfStranger(), stranger, [], await ports.policies.current(), ports);
  const { decision, verdict } = judgement;
  if (decision.kind !== "review") throw new Error("people should have been asked");
  return { ...judgement, decision: { ...decision, terms }, verdict: { ...verdict, terms } };
}

/** A stage on which people were just asked about one stranger, under the given terms. */
export async function askedAbout(terms: Partial<ReviewTerms>, settings: Partial<Settings> = {}): Promise<Stage> {
  const ports = stage([serviceOfStranger()], settings);
  ports.directory.add(leads, lee);
  const judgement = await judgedUnder(ports, { ...plainTerms, ...terms });
  const hand = robotsHand(ports);
  const request = newRequest(serviceOfStranger(), stranger, judgement, undefined, hand);
  const { next, event, notify } = consequence(request, judgement, hand, ports.settings.mode);
  const asked = about(request, "requested", hand, "A consumer asks for a private endpoint connection.");
  const committed = await ports.ledger.commit({
    ...{ key: `${request.id}|asked`, request: next, expected: null, notify },
    events: [asked, evaluation(next, judgement, hand), event],
  });
  if (committed.kind !== "committed") throw new Error("the stage is not empty");
  await dispatch(committed.outbox, ports);
  await review(ports);
  return ports;
}

export async function strangersRequest(ports: Stage): Promise<ApprovalRequest> {
  const request = await requestOf(ports, stranger);
  if (!request) throw new Error("nobody asked about the stranger");
  return request;
}

export function robotsHand(ports: Stage): Hand {
  return { who: robot, door: "event", correlation: "c", clock: ports.clock };
}

function serviceOfStranger() {
  return service({ connections: [stranger] });
}
