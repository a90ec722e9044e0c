import { randomUUID } from "node:crypto";
import type { Mode } from "../../src/decision/decision.ts";
import { readWakeUp } from "../../src/intake/wake-up.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { messageOf, PlgateError } from "../../src/runtime/errors.ts";
import { policyOffice } from "../../src/workflow/activation.ts";
import { publishPolicy } from "../../src/workflow/administer-policies.ts";
import { type Ballot, decideManually } from "../../src/workflow/decide-manually.ts";
import { postMissingCards } from "../../src/workflow/missing-cards.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { FakeDirectory } from "../fakes/directory.ts";
import { FakeNotifier } from "../fakes/notifier.ts";
import { type Act, type Fault, hostsInPlay, type Step, servicesInPlay, type Told } from "./acts.ts";
import { ArmSide, armFault, serviceRefs, subscriptions } from "./arm-side.ts";
import type { Bed } from "./bed.ts";
import { Host, type Sabotage } from "./host.ts";
import { Killed } from "./life.ts";
import { decisionIn } from "./record.ts";
import { type Edition, looksAtApprovals, policyText, reviewers } from "./rules.ts";
import { StorageSide } from "./storage-side.ts";
import { SimulatedTime, SkewedClock } from "./time.ts";

/** A vote that somebody tried to cast, whatever became of it. */
export type Cast = { readonly request: string; readonly person: string; readonly vote: "approve" | "reject" };
/** A write that a host was about to send, and whether its intent was on record by then. */
export type Wish = {
  readonly connectionId: string;
  readonly wish: "Approved" | "Rejected" | "removed";
  readonly intent: boolean;
};

const tenant = "22222222-0000-4000-8000-000000000002";
const skews = [-120, 0, 90];
/** Reviewers are the first two; the third is in no group, the fourth is a guest. */
const reviewing = 2;

export function person(number: number): string {
  return `aaaaaaaa-1111-4111-8111-00000000000${number}`;
}

/** One simulation: a provider with some services, consumers, people, three hosts, and everything that can go wrong. */
export class Simulation {
  readonly time = new SimulatedTime();
  readonly notifier = new FakeNotifier();
  readonly directory = new FakeDirectory();
  readonly arm: ArmSide;
  readonly storage: StorageSide;
  readonly hosts: readonly Host[];
  /** For who looks on: never killed, never struck, with the right time. */
  readonly onlooker: Host;
  readonly votes: Cast[] = [];
  readonly wishes: Wish[] = [];
  readonly editions: Edition[] = [];
  /** The version in force when a consumer began to ask, by the connection that came of it. */
  readonly askedUnder = new Map<string, number>();
  /** What struck, for the trace of a finding. */
  readonly struck: string[] = [];
  /** What the app threw that no fault explains. */
  readonly surprises: string[] = [];
  round = 0;
  mode: Mode = "enforce";
  readonly #hung: Promise<unknown>[] = [];

  private constructor(
    arm: ArmSide,
    storage: StorageSide,
    sabotage: Sabotage | undefined,
    struck: (what: string) => void,
  ) {
    this.arm = arm;
    this.storage = storage;
    this.directory.add(reviewers, ...Array.from({ length: reviewing }, (_, at) => person(at)), person(3));
    this.directory.makeGuest(person(3));
    const around = {
      ...{ arm, storage, notifier: this.notifier, directory: this.directory, struck, sabotage },
      mode: () => this.mode,
      beforeWrite: (id: string, wish: Wish["wish"]) => this.#beforeWrite(id, wish),
    };
    this.hosts = Array.from(
      { length: hostsInPlay },
      (_, at) => new Host(new SkewedClock(this.time, skews[at] ?? 0), around),
    );
    const still = { ...around, beforeWrite: async () => undefined, sabotage: undefined };
    this.onlooker = new Host(new SkewedClock(this.time, 0), {
      ...still,
      storage: { ofHost: () => storage.reliable() },
    });
  }

  static async start(bed: Bed, seed: number, sabotage?: Sabotage): Promise<Simulation> {
    const heard: { one?: Simulation } = {};
    const struck = (what: string) => void heard.one?.struck.push(what);
    const now = () => ({ round: heard.one?.round ?? 0, troubles: heard.one?.struck.length ?? 0 });
    const arm = await ArmSide.start(bed, seed, now);
    const clock = { now: () => heard.one?.time.now() ?? new Date() };
    const storage = new StorageSide(
      bed.azurite.connectionString,
      `c${randomUUID().replaceAll("-", "").slice(0, 20)}`,
      clock,
      struck,
    );
    await storage.create();
    heard.one = new Simulation(arm, storage, sabotage, struck);
    return heard.one;
  }

  async stop(): Promise<void> {
    for (const host of this.hosts) host.life.die();
    await Promise.allSettled(this.#hung);
    await Promise.all([this.arm.stop(), this.storage.remove()]);
    this.time.stop();
  }

  /** Plays the acts of one round, and then lets everything come to rest. Undefined when it did; else what did not. */
  async play(steps: readonly Step[], sweeps = mostMinutes): Promise<string | undefined> {
    for (const group of grouped(steps)) await Promise.all(group.map(({ act }) => this.#perform(act)));
    return this.#settle(sweeps);
  }

  async #perform(act: Act): Promise<void> {
    const deed = this.#deed(act);
    const host = "host" in act ? this.#host(act) : undefined;
    // An act at a host that stands still goes on in the background.
    const isOver = deed.then(() => true);
    while (!(await Promise.race([isOver, moment()]))) {
      if (!host?.life.isHanging) continue;
      this.#hung.push(deed);
      return;
    }
  }

  async #deed(act: Act): Promise<void> {
    try {
      await this.#do(act);
    } catch (error) {
      this.#note(act, error);
    }
  }

  /** A kill, a retryable fault and a refusal of ARM are all in the day's work; anything else is a surprise. */
  #note({ do: what }: Act, error: unknown): void {
    if (error instanceof Killed || (error instanceof PlgateError && error.retryable)) return;
    const isArm = error instanceof Error && (error.name === "RestError" || error.name === "AbortError");
    if (isArm || String(error).includes("aborted")) return;
    this.surprises.push(`${what} threw ${messageOf(error)}`);
  }

  async #do(act: Act): Promise<void> {
    switch (act.do) {
      case "connect":
        return this.#connect(act);
      case "delete":
        await this.arm.remove(act);
        return this.#tell(act.event);
      case "ask again":
        await this.arm.askAgain(act);
        await this.#markAsked();
        return this.#tell(act.event);
      case "portal":
        await this.arm.clickInPortal(act.service, act.nth, act.word);
        return this.#tell(act.event);
      case "auto-approve":
        return this.arm.autoApprove(act.service, act.who);
      case "vote":
        return this.#vote(act);
      case "policy":
        return this.#publish(act);
      case "work":
        for (let at = 0; at < act.messages; at += 1) await this.#work(this.#host(act));
        return;
      case "review":
        await reviewService(serviceRef(act.service), "event", this.#host(act).ports);
        return;
      case "sweep":
        return this.#sweep(this.#host(act));
      case "restart":
        this.#host(act).restart();
        return;
      case "skew":
        this.#host(act).clock.skewSeconds = act.seconds;
        return;
      case "jump":
        this.time.advance(act.seconds);
        return;
      case "mode":
        this.mode = act.mode;
        return;
      default:
        this.#harm(act);
    }
  }

  #harm(act: Fault): void {
    switch (act.do) {
      case "kill":
        this.#host(act).life.lay(act.calls, { kind: "kill", moment: act.moment });
        return;
      case "hang":
        this.#host(act).life.lay(act.calls, { kind: "hang" });
        return;
      case "arm":
        this.struck.push(`arm ${act.fault} on ${act.of}`);
        this.arm.order(armFault(act.of, act.fault, act.times));
        return;
      case "arm lock":
        this.arm.lockAnswers(act.answer);
        return;
      case "storage":
        this.storage.order(act);
        return;
      case "queue":
        this.storage.queue.order(act.fate, act.times);
        return;
      case "teams":
        this.#harmTeams(act.fate);
        return;
      case "directory":
        this.directory.breakDown();
        return;
    }
  }

  #harmTeams(fate: Extract<Act, { do: "teams" }>["fate"]): void {
    this.struck.push(`teams ${fate}`);
    const last = this.notifier.updated.at(-1);
    if (fate !== "missing") this.notifier.mode = fate;
    else if (last) this.notifier.missing.add(last.card.activityId);
  }

  async #connect(act: Extract<Act, { do: "connect" }>): Promise<void> {
    await this.arm.connect(act);
    await this.#markAsked();
    return this.#tell(act.event, act.service);
  }

  /** Notes under which version each Pending connection that is new was asked for. */
  async #markAsked(): Promise<void> {
    const version = (await this.onlooker.ports.versions.pointer("chaos"))?.active.version ?? 0;
    for (const service of serviceRefs.keys()) {
      for (const { id = "", privateLinkServiceConnectionState: state } of await this.arm.connections(service)) {
        const key = id.toLowerCase();
        if (state?.status === "Pending" && !this.askedUnder.has(key)) this.askedUnder.set(key, version);
      }
    }
  }

  /** Event Grid tells of a change, or does not. What it tells is a hint to look at a service. */
  #tell(event: Told["event"], service?: number): void {
    const times = { lost: 0, once: 1, twice: 2, late: 1 }[event];
    for (const at of service === undefined ? serviceRefs.keys() : [service]) {
      const text = JSON.stringify({ v: 1, serviceId: serviceRef(at).id, door: "event" });
      const message = { text: Buffer.from(text, "utf8").toString("base64"), visibleAt: 0 };
      for (let n = 0; n < times; n += 1) this.storage.queue.giveBack(message, event === "late" ? 45 : 0);
    }
  }

  async #vote(act: Extract<Act, { do: "vote" }>): Promise<void> {
    const views = new Map(this.notifier.updated.map(({ view }) => [view.request.id, view.request]));
    const all = [...views.values()].filter(({ state }) => act.late || state === "awaiting-decision");
    const request = all[act.nth % Math.max(1, all.length)];
    if (!request) return;
    const objectId = person(act.person);
    const ballot: Ballot = {
      ...{ requestId: request.id, vote: act.vote, justification: "because", door: "teams", correlation: randomUUID() },
      person: { objectId, tenantId: tenant, name: `Person ${act.person}`, groups: undefined },
    };
    this.votes.push({ request: request.id, person: objectId, vote: act.vote });
    const { ports } = this.#host(act);
    const cast = () => decideManually(ballot, ports);
    await Promise.all(Array.from({ length: act.times }, cast));
  }

  async #publish({ verdicts, terms, drift, host }: Extract<Act, { do: "policy" }>): Promise<void> {
    this.editions.push({ verdicts, terms });
    const { ports } = this.#host({ host });
    const source = policyText(verdicts, terms, this.editions.length - 1, looksAtApprovals ? drift : undefined);
    const who = { kind: "person", objectId: person(0), tenantId: tenant, name: "Author" } as const;
    const hand = { who, door: "cli", correlation: randomUUID(), clock: ports.clock } as const;
    const outcome = await publishPolicy(
      {
        ...{ source, file: "chaos.yaml", activate: true, tests: undefined },
        acknowledge: ["never-in-shadow", "untested", "reject-on-expiry"],
      },
      { hand, author: "author", note: "" },
      policyOffice(ports),
    );
    if (outcome.kind === "refused") throw new Error(`the policy was refused: ${JSON.stringify(outcome)}`);
  }

  async #work(host: Host): Promise<void> {
    const message = this.storage.queue.take();
    if (!message) return;
    const wakeUp = readWakeUp(JSON.parse(Buffer.from(message.text, "base64").toString("utf8")), subscriptions);
    if (!wakeUp) throw new Error("a message is no wake-up");
    try {
      await reviewService(wakeUp.service, wakeUp.door, host.ports);
    } catch (error) {
      // The queue delivers again what nobody finished.
      this.storage.queue.giveBack(message, 30);
      throw error;
    }
  }

  async #sweep(host: Host): Promise<void> {
    const { ports } = host;
    await reconcile(ports);
    await postMissingCards(ports, "missing");
  }

  /** Faults off; hosts sweep and work, a minute later each time, until nothing is left to do now. */
  async #settle(sweeps: number): Promise<string | undefined> {
    this.#heal();
    let quiet = 0;
    for (let minute = 0; minute < sweeps && (quiet < 2 || minute < 3); minute += 1) {
      // What failed is tried again later and later.
      this.time.advance(minute < 12 ? 65 : 65 * 2 ** Math.min(10, minute - 11));
      const host = this.#host({ host: minute % hostsInPlay });
      await this.#deedOf("sweep", () => this.#sweep(host));
      await this.#drain(host);
      // Whoever stood still goes on when others have done its work.
      if (minute === 1) await this.#wakeHung();
      quiet = (await this.#unrest()) === "" ? quiet + 1 : 0;
    }
    return quiet >= 2 ? undefined : `it did not come to rest within ${sweeps} sweeps: ${await this.#unrest()}`;
  }

  #heal(): void {
    this.storage.heal();
    this.arm.heal();
    this.notifier.mode = "shown";
    this.directory.repair();
    for (const { life } of this.hosts) life.disarm();
  }

  async #wakeHung(): Promise<void> {
    for (const { life } of this.hosts) life.wake();
    await Promise.allSettled(this.#hung.splice(0));
  }

  async #drain(host: Host): Promise<void> {
    for (let messages = 0; messages < 12 && this.storage.queue.due > 0; messages += 1) {
      await this.#deedOf("work", () => this.#work(host));
    }
  }

  async #deedOf(what: "sweep" | "work", act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#note({ do: what, host: 0, messages: 1 }, error);
    }
  }

  async #unrest(): Promise<string> {
    const { ports } = this.onlooker;
    const now = this.time.now().getTime();
    const [{ count }, watched, open] = await Promise.all([ports.outbox.waiting(), ports.watch.list(), this.open()]);
    const due = watched
      .filter(({ lookAgainAt }) => lookAgainAt && lookAgainAt.getTime() <= now)
      .map(({ ref }) => ref.name);
    const underway = open.filter(({ decided, state }) => decided !== null || state === "received").map(({ id }) => id);
    return [
      ...(count > 0 ? [`${count} effects wait`] : []),
      ...(this.storage.queue.isEmpty ? [] : ["messages wait"]),
      ...due.map((name) => `${name} is due`),
      ...underway.map((id) => `${id} is under way`),
    ].join(", ");
  }

  async open() {
    const { ledger } = this.onlooker.ports;
    const all = await Promise.all(serviceRefs.map(({ id }) => ledger.unsettled(serviceKey(id))));
    return all.flatMap(({ open }) => open.map(({ request }) => request));
  }

  async #beforeWrite(connectionId: string, wish: Wish["wish"]): Promise<void> {
    const { ledger } = this.onlooker.ports;
    const service = serviceRefs.find(({ id }) => connectionId.startsWith(`${id}/`));
    const kind = wish === "Approved" ? "approve" : "reject";
    let intent = false;
    const events = service ? ledger.events(serviceKey(service.id)) : [];
    for await (const event of events) {
      intent ||= event.connectionId === connectionId && decisionIn(event) === kind;
    }
    this.wishes.push({ connectionId, wish, intent });
  }

  #host({ host }: { readonly host: number }): Host {
    const found = this.hosts[host];
    if (!found) throw new Error(`there is no host ${host}`);
    return found;
  }
}

const mostMinutes = 26;

function moment(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, 15, false));
}

function serviceRef(service: number) {
  const ref = serviceRefs[service];
  if (!ref) throw new Error(`there are ${servicesInPlay} services`);
  return ref;
}

function grouped(steps: readonly Step[]): readonly (readonly Step[])[] {
  const groups: Step[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (step.together && last) last.push(step);
    else groups.push([step]);
  }
  return groups;
}
