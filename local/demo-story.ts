import type { DemoApi, RequestLine } from "./demo-api.ts";
import { type Channel, wordsOf } from "./demo-channel.ts";
import { type DemoConsole, until } from "./demo-console.ts";
import { Consumer } from "./demo-consumer.ts";
import type { LatencyLog } from "./demo-latency.ts";
import { consumers, people } from "./seed.ts";
import type { Stack } from "./stack.ts";

export type Told = {
  readonly what: string;
  readonly consumer: string;
  readonly outcome: string;
  readonly by: string;
  readonly took: string;
};

export type Stage = {
  readonly stack: Stack;
  readonly console: DemoConsole;
  readonly api: DemoApi;
  readonly channel: Channel;
  readonly latency: LatencyLog;
  readonly alias: string;
};

type ConsumerName = keyof typeof consumers;

/** (a) A registered customer is approved with nobody involved. */
export async function registeredCustomer(stage: Stage): Promise<Told> {
  stage.console.title("(a) A registered customer asks");
  const { request, took } = await askAndWait(
    stage,
    "billing",
    "pe-billing",
    "CHG-1001 billing to payments",
    "Approved",
  );
  stage.console.line(`policy approved it: ${request.reason}`);
  return { what: "(a) registered customer", consumer: "Billing", outcome: "Approved", by: "policy", took };
}

/** (b) A blocked subscription is rejected with the reason. */
export async function blockedSubscription(stage: Stage): Promise<Told> {
  stage.console.title("(b) A blocked subscription asks");
  const { took, description } = await askAndWait(stage, "blocked", "pe-litware", "please let us in", "Rejected");
  stage.console.line(`the consumer reads: "${description}"`);
  return { what: "(b) blocked subscription", consumer: "Litware", outcome: "Rejected", by: "policy", took };
}

/** (c) An unknown customer is escalated; a person approves on the card; the card shows who and why. */
export async function unknownCustomer(stage: Stage): Promise<Told> {
  const { console, channel } = stage;
  console.title("(c) An unknown customer asks");
  const before = channel.cards().length;
  await ask(stage, "fabrikam", "pe-fabrikam", "New partner, contract 4711");
  const card = await until("the card in the channel", console, () => channel.cards()[before]);
  console.line(`the card in #privatelink-approvals says:\n${wordsOf(card.card).slice(0, 14).join("\n")}`);

  const refused = await channel.press(card, people.alex, "approve", "I would like to");
  expect(refused.type.endsWith("activity.message"), "somebody outside the reviewer group is refused");
  console.line(`Alex, who is no reviewer, presses Approve and reads: "${refused.value}"`);
  const empty = await channel.press(card, people.megan, "approve", "");
  expect(empty.type.endsWith("activity.message"), "an approval without a justification is refused");
  console.line(`Megan presses Approve without a justification and reads: "${empty.value}"`);

  const began = Date.now();
  await channel.press(card, people.megan, "approve", "Partner since November, CHG-2002");
  const { console: screen } = stage;
  const status = await untilStatus(stage, "fabrikam", "pe-fabrikam", "Approved");
  const took = `${Date.now() - began} ms after the click`;
  console.line(`Megan approves with a justification; ARM shows ${status.status} ${took}`);
  const words = await until("the card to show the end", screen, () => {
    const text = wordsOf(channel.cards()[before]?.card).join("\n");
    return /Approved/.test(text) &&
      /Megan/.test(text) &&
      /CHG-2002/.test(text) &&
      !/"Input\.Text"/.test(JSON.stringify(channel.cards()[before]))
      ? text
      : undefined;
  });
  console.line(
    `the card now says:\n${words
      .split("\n")
      .filter((line) => /Approved|Megan|CHG-2002/.test(line))
      .join("\n")}`,
  );
  return { what: "(c) unknown customer", consumer: "Fabrikam", outcome: "Approved", by: "Megan in Teams", took };
}

/** (d) The event of one request is lost, and the sweep finds it. */
export async function lostEvent(stage: Stage): Promise<Told> {
  const { console, stack } = stage;
  console.title("(d) An event is lost");
  stack.eventGrid.loseNext((event) => JSON.stringify(event).toLowerCase().includes("pe-billing-lost"));
  const { request, took } = await askAndWait(stage, "billing", "pe-billing-lost", "CHG-1002 second region", "Approved");
  const lost = stack.eventGrid
    .deliveries()
    .some(({ outcome, subject }) => outcome === "lost" && /pe-billing-lost/i.test(subject));
  expect(lost, "the event of this request was lost");
  const audit = await auditOf(stage, request.id, "applied");
  expect(
    audit.some(({ door }) => door === "timer"),
    "the timer found the request",
  );
  console.line(`no event came; the sweep found it and policy approved it ${took} after the consumer asked`);
  return { what: "(d) event lost", consumer: "Billing", outcome: "Approved", by: "policy, by the sweep", took };
}

/** (e) One event comes five times, out of order, and nothing is decided twice. */
export async function repeatedEvent(stage: Stage): Promise<Told> {
  const { console, stack } = stage;
  console.title("(e) An event comes five times, out of order");
  stack.eventGrid.repeatNext((event) => JSON.stringify(event).toLowerCase().includes("pe-billing-five"), 5);
  const { request, took } = await askAndWait(
    stage,
    "billing",
    "pe-billing-five",
    "CHG-1003 third endpoint",
    "Approved",
  );
  await stack.eventGrid.idle(20_000);
  const times = mostDeliveries(stack, "pe-billing-five");
  expect(times >= 5, `one event was delivered five times (it was ${times})`);
  const audit = await auditOf(stage, request.id, "applied");
  const kinds = audit.map(({ kind }) => kind).sort();
  expect(kinds.join() === "applied,decided,evaluated,requested", `each step happened once (${kinds.join(", ")})`);
  console.line(`delivered ${times} times, decided once: ${kinds.join(", ")}`);
  return { what: "(e) event five times", consumer: "Billing", outcome: "Approved", by: "policy, once", took };
}

/** How often the most repeated of the events about a connection was delivered; the echo of our own write is another event. */
function mostDeliveries(stack: Stack, endpoint: string): number {
  const counts = new Map<string, number>();
  for (const { subject, outcome, eventId } of stack.eventGrid.deliveries()) {
    if (outcome === "delivered" && subject.toLowerCase().includes(endpoint))
      counts.set(eventId, (counts.get(eventId) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** (g) The audit of all this is listed and its chain verified. */
export async function audit(stage: Stage): Promise<Told> {
  const { console, api } = stage;
  console.title("(g) The audit, read by Audrey");
  const entries = await api.audit("top=200");
  console.line(`${entries.length} events; the newest:`);
  const newest = entries
    .slice(0, 8)
    .map((one) => [one.time.slice(11, 23), one.kind, one.whoName ?? one.who, one.door, one.what]);
  console.table([["time", "kind", "who", "door", "what"], ...newest]);
  const { ok, events, chains } = await anchored(stage);
  expect(ok && chains.length > 0, "the chain of every service is intact");
  expect(events >= entries.length, "every listed event is in a chain");
  console.line(`verified: ${events} events in ${chains.length} chain(s), none altered, missing or reordered;`);
  console.line("every request is what its events left, and every chain the one that was anchored");
  return { what: "(g) audit", consumer: "", outcome: "Chain intact", by: `${events} events`, took: "" };
}

/** Has all chains anchored, which the host begins and does not wait for, and verifies them against it. */
async function anchored({ stack, console, api }: Stage): ReturnType<DemoApi["verify"]> {
  const now = new Date().toISOString();
  await stack.runTimer("anchor");
  return until("the chains to be anchored", console, async () => {
    const verified = await api.verify();
    return (verified.anchors?.newest ?? "") >= now ? verified : undefined;
  });
}

/** How fast an event becomes an approval at low load, beside the latency that ARM is configured with. */
export async function measure(stage: Stage): Promise<void> {
  const { console, latency } = stage;
  console.title("Event to Approved at low load");
  const names = ["pe-shipping-1", "pe-shipping-2", "pe-shipping-3", "pe-shipping-4"];
  for (const name of names) {
    await askAndWait(stage, "shipping", name, "CHG-3000", "Approved", "quiet");
    await stage.stack.eventGrid.idle(10_000);
  }
  const taken = names
    .map((name) => latency.eventToApproved(name))
    .filter((ms) => ms !== undefined)
    .sort((a, b) => a - b);
  const armMs = latency.armMs(stage.stack.arm.settings());
  const middle = taken[Math.floor((taken.length - 1) / 2)] ?? Number.NaN;
  const worst = taken.at(-1) ?? Number.NaN;
  console.line(
    `${taken.length} requests: ${middle} ms in the middle, ${worst} ms at worst; ARM's own latency of one read and one write is ${armMs} ms`,
  );
  console.line(
    `plgate adds ${middle - armMs} ms (goal: at most 300 ms). Azure's real event latency is another matter: see docs/architecture.md`,
  );
}

async function askAndWait(
  stage: Stage,
  consumer: ConsumerName,
  endpoint: string,
  message: string,
  status: string,
  loud: "quiet" | "loud" = "loud",
): Promise<{ readonly request: RequestLine; readonly took: string; readonly description: string }> {
  await ask(stage, consumer, endpoint, message, loud);
  const began = Date.now();
  const shown = await untilStatus(stage, consumer, endpoint, status);
  const ms = stage.latency.eventToApproved(endpoint);
  const took = ms === undefined ? `${Date.now() - began} ms` : `${ms} ms`;
  if (loud === "loud") stage.console.line(`ARM shows ${shown.status}, ${took} after the event`);
  const request = await until("the request in the list", stage.console, async () =>
    (await stage.api.requests()).find((one) => one.endpointId?.endsWith(`/${endpoint}`)),
  );
  return { request, took, description: shown.description };
}

async function ask(
  stage: Stage,
  name: ConsumerName,
  endpoint: string,
  message: string,
  loud: "quiet" | "loud" = "loud",
): Promise<void> {
  const seed = consumers[name];
  if (loud === "loud") {
    stage.console.line(
      `${seed.name}, network ${seed.addressSpace}, creates ${endpoint} by alias with the message "${message}"`,
    );
  }
  await new Consumer(seed, stage.stack.arm, stage.stack.issuer).ask(endpoint, stage.alias, message);
}

async function untilStatus(stage: Stage, name: ConsumerName, endpoint: string, status: string) {
  const consumer = new Consumer(consumers[name], stage.stack.arm, stage.stack.issuer);
  // Long enough for a functions host that is killed meanwhile: its lease has to run out before another one goes on.
  return until(
    `${endpoint} to be ${status}`,
    stage.console,
    async () => {
      const shown = await consumer.status(endpoint);
      return shown.status === status ? shown : undefined;
    },
    120_000,
  );
}

async function auditOf(stage: Stage, requestId: string, last: string) {
  return until(`the audit of ${requestId}`, stage.console, async () => {
    const entries = await stage.api.audit(`request=${requestId}`);
    return entries.some(({ kind }) => kind === last) ? entries : undefined;
  });
}

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`this must hold, and does not: ${what}`);
}
