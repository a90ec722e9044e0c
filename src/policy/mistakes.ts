import { compilePolicy } from "./compile.ts";

/** A policy in order, of which each mistake changes one place. */
export const policyInOrder = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: base
lists:
  blocked: [11111111-0000-4000-8000-000000000001]
windows:
  office: { days: [mon], from: "08:00", to: "18:00", timezone: Europe/Stockholm }
  freeze: { start: 2026-12-18, end: 2027-01-04 }
reviewers:
  oncall: { entraGroup: 55555555-0000-4000-8000-000000000005, channel: Network approvals }
  leads: { entraGroup: 55555555-0000-4000-8000-000000000007 }
defaultReview: { by: [oncall], within: P3D, expiry: leave }
drift: { do: revoke, grace: P2D, review: { by: [leads], escalate: { after: P1D, to: [oncall] } } }
rules:
  - id: ask
    effect: review
    because: Ask.
    review: { by: [oncall], within: P1D, hours: office, escalate: { after: PT4H, to: [leads] }, recheck: PT1H }
    when: { time.now: { within: office, notWithin: freeze }, consumer.subscriptionId: { inList: blocked } }
  - id: let
    effect: approve
    because: Let in.
    expiresAfter: P14D
    when: { consumer.tier: gold }
exemptions:
  - { id: EX-1, rules: [ask], reason: An agreement., expires: 2027-03-31, when: { consumer.name: Acme } }
`;

/** When it is published, so that its exemption can be judged by the calendar. */
const publishedAt = Date.parse("2026-11-24T10:00:00Z");

export type Mistake = {
  /** What an author may do wrong. */
  readonly what: string;
  /** What is written in the policy that is in order, and what instead. */
  readonly from: string;
  readonly to: string;
  /** True when its shape alone shows it, so that an editor underlines it. */
  readonly inEditor: boolean;
};

function shown(what: string, from: string, to: string): Mistake {
  return { what, from, to, inEditor: true };
}

function hidden(what: string, from: string, to: string): Mistake {
  return { what, from, to, inEditor: false };
}

const when = "when: { consumer.tier: gold }";

/** The mistakes that the reference page shows with what the compiler says to them. */
export const mistakes: readonly Mistake[] = [
  hidden("YAML that cannot be read", "rules: [ask]", "rules: [ask"),
  hidden("a key that stands twice", "because: Ask.", "because: Ask.\n    because: Again."),
  hidden("an anchor", "because: Ask.", "because: &b Ask."),
  hidden("a second document", "apiVersion", "a: b\n---\napiVersion"),
  shown("another apiVersion", "plgate/v1", "plgate/v2"),
  shown("another kind", "ApprovalPolicy", "Policy"),
  shown("an unknown field", "because: Ask.", "because: Ask.\n    priority: 1"),
  shown("a rule without because", "    because: Ask.\n", ""),
  shown("an unknown effect", "effect: review", "effect: ask"),
  shown("an unknown mode", "because: Ask.", "because: Ask.\n    mode: dry-run"),
  shown("the reserved id", "id: ask", "id: default"),
  hidden("an id that is taken", "id: let", "id: ask"),
  shown("an approve rule without when", `    ${when}\n`, ""),
  shown("an approve rule that asks people", "expiresAfter: P14D", "review: { by: [oncall] }"),
  shown("a review rule that expires", "    because: Ask.", "    because: Ask.\n    expiresAfter: P14D"),
  shown("a duration in months", "P14D", "P1M"),
  hidden("a duration under an hour", "P14D", "PT30M"),
  shown("an empty when", when, "when: {}"),
  shown("an unknown fact", when, "when: { consumer.teir: gold }"),
  shown("an unknown operator", "within: office,", "inside: office,"),
  shown("an operator that is not for the type", "inList: blocked", "lessThan: 5"),
  shown("a number where a text belongs", when, "when: { consumer.tier: 1 }"),
  shown("yes where true belongs", when, "when: { consumer.registered: yes }"),
  shown("a display name where a region belongs", when, "when: { endpoint.region: West Europe }"),
  shown("a name where a guid belongs", "inList: blocked", "equals: contoso"),
  shown("an unknown visibility", when, "when: { service.visibility: public }"),
  shown("exists asked of what is never absent", "inList: blocked", "exists: true"),
  shown("known asked of what is never unavailable", "within: office,", "known: true,"),
  shown("an empty anyOf", when, "when: { anyOf: [] }"),
  shown("all tags at once", when, "when: { consumer.tags.*: gold }"),
  hidden("known that approves when a fact is lost", when, "when: { consumer.tier: { known: false } }"),
  hidden("known in match", "rules:\n  - id", "match: { service.alias: { known: true } }\nrules:\n  - id"),
  hidden("an unknown list", "inList: blocked", "inList: bloked"),
  hidden("an unknown window", "within: office,", "within: offce,"),
  hidden("an unknown reviewer", "by: [oncall]", "by: [onkall]"),
  shown("a webhook's URL as a channel", "Network approvals", "https://contoso.example/hook"),
  shown("a channel and channels", "channel: Network approvals", "channel: Network approvals, channels: [Security]"),
  shown("an answer by mail", "by: [oncall], within: P3D", "by: [oncall], via: mail, within: P3D"),
  hidden("a deadline under a minute", "within: P1D", "within: PT0M"),
  hidden("an escalation that comes too late", "after: PT4H", "after: P1D"),
  hidden("an escalation to who is asked already", "to: [leads]", "to: [oncall]"),
  hidden("counted hours that are a range", "hours: office", "hours: freeze"),
  shown("counted hours with nothing to count", "within: P3D, expiry: leave", "hours: office"),
  shown("what follows no deadline", "within: P3D, expiry: leave", "expiry: leave"),
  shown("a default review that rejects", "expiry: leave", "expiry: reject"),
  hidden("a recheck every minute", "recheck: PT1H", "recheck: PT1M"),
  hidden("a recheck that comes too late", "within: P3D", "within: P3D, recheck: P3D"),
  shown("an unknown way to handle drift", "do: revoke, grace: P2D", "do: remove, grace: P2D"),
  shown("drift that says nothing to do", "do: revoke, grace", "grace"),
  hidden("a grace under an hour", "grace: P2D", "grace: PT5M"),
  shown("a grace where nothing is taken back", "do: revoke, grace", "do: escalate, grace"),
  shown("reviewers where drift is only recorded", "{ do: revoke, grace: P2D, ", "{ do: record, "),
  shown("a deadline beside the grace", "{ by: [leads], ", "{ by: [leads], within: P2D, "),
  shown(
    "drift that is taken back by silence",
    "do: revoke, grace: P2D, review: { by: [leads], ",
    "do: escalate, review: { by: [leads], within: P2D, expiry: reject, ",
  ),
  shown("a recheck of what is approved", "{ by: [leads], ", "{ by: [leads], recheck: P1D, "),
  hidden("an escalation after the grace", "after: P1D", "after: P2D"),
  hidden("a list entry of another type", "000000000001]", "000000000001, contoso]"),
  shown("a group that is no guid", "55555555-0000-4000-8000-000000000005", "oncall@contoso.example"),
  shown("six approvals", "by: [oncall]", "by: [oncall], approvals: 6"),
  shown("a time that no clock shows", "18:00", "24:00"),
  shown("an unknown day", "[mon]", "[monday]"),
  hidden("an unknown time zone", "Europe/Stockholm", "Europe/Stokholm"),
  shown("half a window", ", timezone: Europe/Stockholm", ""),
  hidden(
    "a window that ends before it starts",
    "reviewers:",
    "  over: { start: 2027-01-04, end: 2026-12-18 }\nreviewers:",
  ),
  hidden("an exemption of an approve rule", "rules: [ask]", "rules: [let]"),
  hidden("an exemption of an unknown rule", "rules: [ask]", "rules: [aks]"),
  shown("an exemption without an end", "expires: 2027-03-31, ", ""),
  hidden("an exemption for longer than 12 months", "2027-03-31", "2027-12-31"),
  shown("an instant without its offset", "2027-03-31", "2027-03-31T00:00:00"),
];

export function withMistake({ from, to }: Mistake): string {
  return policyInOrder.replace(from, () => to);
}

/** The first error that the compiler reports about a mistake; undefined if it reports none. */
export function saidTo(mistake: Mistake): string | undefined {
  const result = compilePolicy(withMistake(mistake), "base.yaml", { now: publishedAt });
  return result.ok ? undefined : result.faults.find(({ severity }) => severity === "error")?.message;
}
