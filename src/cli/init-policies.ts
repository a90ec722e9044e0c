import type { Answers } from "./init-answers.ts";

/** A first policy and the test beside it, as text. */
export type FirstPolicy = { readonly policy: string; readonly test: string };

/** The files of the chosen kind; undefined for none. The group of reviewers is asked by name, so that cards can say who it is. */
export function firstPolicy(answers: Answers): FirstPolicy | undefined {
  switch (answers.policy) {
    case "people":
      return { policy: peoplePolicy(answers), test: peopleTest(answers) };
    case "customers":
      return { policy: customersPolicy(answers), test: customersTest(answers) };
    case "subscription":
      return { policy: subscriptionPolicy(answers), test: subscriptionTest(answers) };
    default:
      return undefined;
  }
}

function head(answers: Answers, about: string, comment: string): string {
  return `# yaml-language-server: $schema=schema.json
${comment}
apiVersion: plgate/v1
kind: ApprovalPolicy
name: ${answers["policy-name"]}
description: ${about}

# Asked when no rule decides. When nobody answers within three days the request ends, and the connection stays Pending.
defaultReview: { by: [reviewers], within: P3D, expiry: leave }

reviewers:
  reviewers: { entraGroup: ${answers.reviewers} }
`;
}

function testHead(answers: Answers): string {
  return `# yaml-language-server: $schema=test-schema.json
apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: ${answers["policy-name"]}.yaml
`;
}

function peoplePolicy(answers: Answers): string {
  return `${head(answers, "Everything to people.", "# Every request is decided by people. Begin here, and read the record before a rule approves anything.")}
rules:
  # A rule without "when" holds for every request.
  - id: everything-to-people
    effect: review
    because: Every request is decided by people.
`;
}

function peopleTest(answers: Answers): string {
  return `${testHead(answers)}
facts:
  time.now: 2026-11-24T10:00:00Z

cases:
  - name: a request of which nothing is known goes to people
    expect: review
    by: [everything-to-people]
    reviewers: { reviewers: 1 }
  - name: a registered customer goes to people too
    set: { consumer: { registered: true, tier: gold } }
    expect: review
    by: [everything-to-people]
`;
}

function customersPolicy(answers: Answers): string {
  return `${head(answers, "Registered customers are approved, everybody else is for people.", '# Who is registered ("plgate consumers set") and within the quota is approved; whatever cannot be told is for people.')}
rules:
  - id: registered-customer
    effect: approve
    because: A registered customer with fewer than five connections, never rejected on this service.
    # All three must hold. If one cannot be read, people decide.
    when:
      consumer.registered: true
      consumer.connectionsOnService: { lessThan: 5 }
      history.rejectedBefore: false
`;
}

function customersTest(answers: Answers): string {
  return `${testHead(answers)}
facts:
  time.now: 2026-11-24T10:00:00Z
  consumer: { registered: true, connectionsOnService: 0 }
  history.rejectedBefore: false

cases:
  - { name: a registered customer is approved, expect: approve, by: [registered-customer] }
  - name: the sixth connection goes to people
    set: { consumer.connectionsOnService: 5 }
    expect: review
    by: [default]
    reviewers: { reviewers: 1 }
  - name: somebody who is not registered goes to people
    set: { consumer.registered: false }
    expect: review
    by: [default]
  - name: who was rejected before goes to people
    set: { history.rejectedBefore: true }
    expect: review
    by: [default]
  - name: when the registry cannot be read people decide
    unavailable: [consumer.registered]
    expect: review
    by: [default]
`;
}

function subscriptionPolicy(answers: Answers): string {
  return `${head(answers, "One list of subscriptions is approved, everybody else is for people.", "# The subscription is the one thing about a consumer that Azure vouches for: it is part of the endpoint's id.")}
lists:
  approved-subscriptions:
    - ${answers.consumer}

rules:
  - id: approved-subscription
    effect: approve
    because: The subscription is on the list of this policy.
    when: { consumer.subscriptionId: { inList: approved-subscriptions } }
`;
}

function subscriptionTest(answers: Answers): string {
  return `${testHead(answers)}
facts:
  time.now: 2026-11-24T10:00:00Z
  consumer.subscriptionId: ${answers.consumer}

cases:
  - { name: the listed subscription is approved, expect: approve, by: [approved-subscription] }
  - name: another subscription goes to people
    set: { consumer.subscriptionId: ${anotherThan(answers.consumer)} }
    expect: review
    by: [default]
    reviewers: { reviewers: 1 }
  - name: when the subscription cannot be told people decide
    unavailable: [consumer.subscriptionId]
    expect: review
    by: [default]
`;
}

function anotherThan(id: string): string {
  const one = "00000000-0000-4000-8000-000000000001";
  return id === one ? "00000000-0000-4000-8000-000000000002" : one;
}
