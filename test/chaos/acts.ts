import { pick, type Random } from "../../local/seeded-random.ts";
import type { Mode } from "../../src/decision/decision.ts";

/*
 * Everything that can happen in a simulation, as data: kind and parameters are drawn before anything runs, so that a part
 * of them can be played again.
 */

/** What becomes of the event that tells of a change. */
type EventFate = "lost" | "once" | "twice" | "late";

/** What a policy says of each consumer, one letter for each: a(pprove), r(eject), q(uestion: people are asked). */
export type Verdicts = string;

/** How long people are asked: without end, until the request lapses, or until time rejects. `brief`: approvals end after a day. */
export type Terms = "open" | "leave" | "reject" | "brief";
/** What a policy says of approvals that nobody decided, or that it would not give any more. */
export type Drift = "record" | "escalate" | "revoke";

export type Act =
  | ({ readonly do: "connect"; readonly who: number; readonly endpoint: number; readonly service: number } & Told)
  | ({ readonly do: "delete"; readonly who: number; readonly endpoint: number } & Told)
  | ({ readonly do: "ask again"; readonly who: number; readonly endpoint: number } & Told)
  | ({ readonly do: "portal"; readonly service: number; readonly nth: number; readonly word: PortalWord } & Told)
  | { readonly do: "auto-approve"; readonly service: number; readonly who: readonly number[] }
  | ({
      readonly do: "vote";
      readonly person: number;
      readonly nth: number;
      readonly late: boolean;
      readonly vote: "approve" | "reject";
      readonly times: number;
    } & At)
  | ({ readonly do: "policy"; readonly verdicts: Verdicts; readonly terms: Terms; readonly drift: Drift } & At)
  | ({ readonly do: "work"; readonly messages: number } & At)
  | ({ readonly do: "review"; readonly service: number } & At)
  | ({ readonly do: "sweep" } & At)
  | ({ readonly do: "restart" } & At)
  | ({ readonly do: "skew"; readonly seconds: number } & At)
  | { readonly do: "jump"; readonly seconds: number }
  | { readonly do: "mode"; readonly mode: Mode }
  | Fault;

/** Something that goes wrong; over at the end of its round. */
export type Fault =
  | ({ readonly do: "kill"; readonly calls: number; readonly moment: "before" | "after" } & At)
  /** The host stands still at a call and goes on when others have taken over. */
  | ({ readonly do: "hang"; readonly calls: number } & At)
  | {
      readonly do: "arm";
      readonly of: "read" | "write" | "graph";
      readonly fault: ArmFaultName;
      readonly times: number;
    }
  | {
      readonly do: "arm lock";
      readonly answer: "429-retry-after" | "429-bare" | "429-other-operation" | "409" | "mixed";
    }
  | {
      readonly do: "storage";
      readonly table: "ledger" | "index" | "services" | "policies" | "consumers";
      readonly method: "GET" | "POST" | "PUT" | "DELETE";
      /** So many calls pass before. */
      readonly after: number;
      readonly fate: StorageFate;
      readonly times: number;
    }
  | { readonly do: "queue"; readonly fate: "lost" | "twice" | "shuffled" | "refused"; readonly times: number }
  | { readonly do: "teams"; readonly fate: "unreachable" | "lost-answer" | "nowhere" | "missing" }
  | { readonly do: "directory" };

export type Told = { readonly event: EventFate };
type At = { readonly host: number };
export type PortalWord = "Approved" | "Rejected" | "remove";
export type ArmFaultName =
  | "429"
  | "429 without Retry-After"
  | "429 subscription"
  | "409"
  | "500"
  | "503"
  | "404"
  | "reset before"
  | "reset after"
  | "stalled headers"
  | "stalled body";
/** `lost` was done and its answer does not come; `dropped` never arrives. */
export type StorageFate = "lost" | "dropped" | "500" | "503" | "412";

/** One act of a plan; `together`: begun at the same moment as the one before. */
export type Step = { readonly round: number; readonly together: boolean; readonly act: Act };

export const consumersInPlay = 6;
export const servicesInPlay = 2;
export const hostsInPlay = 3;
export const peopleInPlay = 4;
const endpointsEach = 3;

/** What may go wrong beside what people do. */
export const faultKinds = ["kill", "hang", "arm", "storage", "queue", "teams", "directory", "clock"] as const;
export type FaultKind = (typeof faultKinds)[number];

const armFaults: readonly [ArmFaultName, ...ArmFaultName[]] = [
  "429",
  "429 without Retry-After",
  "429 subscription",
  "409",
  "500",
  "503",
  "404",
  "reset before",
  "reset after",
  "reset after",
  "stalled headers",
  "stalled body",
];

/** Draws the plan of a simulation: the same for the same random source. */
export function drawPlan(random: Random, rounds: number, faults: readonly FaultKind[]): readonly Step[] {
  const draw = new Drawing(random, faults);
  return Array.from({ length: rounds }, (_, round) => draw.round(round)).flat();
}

class Drawing {
  readonly #random: Random;
  readonly #faults: readonly FaultKind[];

  constructor(random: Random, faults: readonly FaultKind[]) {
    this.#random = random;
    this.#faults = faults;
  }

  round(round: number): readonly Step[] {
    const faults = this.#faults.length === 0 ? [] : this.#some(6, () => this.#fault());
    const acts = this.#some(12, () => this.#act());
    const mixed = [...faults, ...acts, ...this.#some(8, () => this.#handwork())];
    // A fault lies in wait for what comes after it.
    const shuffled = mixed
      .map((act) => ({ act, at: this.#random() * (faults.includes(act) ? 0.7 : 1) }))
      .sort((one, other) => one.at - other.at);
    return shuffled.map(({ act }) => ({ round, together: this.#chance(0.5), act }));
  }

  #act(): Act {
    const make = this.#weighted<() => Act>([
      [9, () => ({ do: "connect", ...this.#endpoint(), service: this.#below(servicesInPlay), event: this.#event() })],
      [3, () => ({ do: "delete", ...this.#endpoint(), event: this.#event() })],
      [1, () => ({ do: "ask again", ...this.#endpoint(), event: this.#event() })],
      [2, () => this.#portal()],
      [5, () => this.#vote()],
      [2, () => this.#policy()],
      [0.7, () => this.#autoApproval()],
      [0.7, () => ({ do: "mode", mode: this.#pick<Mode>(["enforce", "enforce", "approve-only", "observe"]) })],
      [this.#has("clock") ? 1 : 0, () => this.#clock()],
    ]);
    return make();
  }

  /** What hosts do by themselves at any time. */
  #handwork(): Act {
    const host = this.#below(hostsInPlay);
    return this.#weighted<() => Act>([
      [4, () => ({ do: "work", host, messages: 1 + this.#below(3) })],
      [2, () => ({ do: "sweep", host })],
      [2, () => ({ do: "review", host, service: this.#below(servicesInPlay) })],
      [0.5, () => ({ do: "restart", host })],
    ])();
  }

  #fault(): Act {
    const host = this.#below(hostsInPlay);
    const times = 1 + this.#below(5);
    switch (this.#pick(this.#faults)) {
      case "kill":
        return { do: "kill", host, calls: this.#calls(), moment: this.#pick(["before", "after"]) };
      case "hang":
        return { do: "hang", host, calls: this.#calls() };
      case "arm":
        return this.#arm();
      case "storage":
        return {
          do: "storage",
          table: this.#pick(["ledger", "ledger", "ledger", "index", "services", "services", "policies", "consumers"]),
          method: this.#pick(["GET", "POST", "POST", "POST", "PUT", "DELETE"]),
          after: this.#below(this.#pick([1, 4, 12])),
          fate: this.#pick<StorageFate>(["lost", "lost", "dropped", "500", "503", "412"]),
          times,
        };
      case "queue":
        return { do: "queue", fate: this.#pick(["lost", "twice", "shuffled", "refused"]), times };
      case "teams":
        return { do: "teams", fate: this.#pick(["unreachable", "lost-answer", "nowhere", "missing"]) };
      case "directory":
        return { do: "directory" };
      case "clock":
        return this.#clock();
    }
  }

  #arm(): Act {
    if (this.#chance(0.1)) {
      return {
        do: "arm lock",
        answer: this.#pick(["429-retry-after", "429-bare", "429-other-operation", "409", "mixed"]),
      };
    }
    const of = this.#pick<"read" | "write" | "graph">(["read", "write", "write", "write", "graph"]);
    return { do: "arm", of, fault: this.#pick(armFaults), times: 1 + this.#below(3) };
  }

  #clock(): Act {
    const seconds = this.#pick([5, 40, 70, 600, 3_700, 9_000, 90_000]);
    if (this.#chance(0.5)) return { do: "jump", seconds };
    return { do: "skew", host: this.#below(hostsInPlay), seconds: this.#pick([-180, -60, -5, 0, 5, 60, 180]) };
  }

  #portal(): Act {
    const word = this.#pick<PortalWord>(["Approved", "Rejected", "remove"]);
    return { do: "portal", service: this.#below(servicesInPlay), nth: this.#below(12), word, event: this.#event() };
  }

  #vote(): Act {
    return {
      do: "vote",
      ...{ person: this.#below(peopleInPlay), nth: this.#below(12), late: this.#chance(0.15) },
      vote: this.#pick(["approve", "reject"]),
      ...{ times: this.#chance(0.2) ? 2 : 1, host: this.#below(hostsInPlay) },
    };
  }

  #policy(): Act {
    const letters = Array.from({ length: consumersInPlay }, () => this.#pick(["a", "r", "q", "q"]));
    const terms = this.#pick<Terms>(["open", "leave", "reject", "brief"]);
    const drift = this.#pick<Drift>(["record", "escalate", "revoke"]);
    return { do: "policy", verdicts: letters.join(""), terms, drift, host: this.#below(hostsInPlay) };
  }

  #autoApproval(): Act {
    const who = Array.from({ length: consumersInPlay }, (_, at) => at).filter(() => this.#chance(0.2));
    return { do: "auto-approve", service: this.#below(servicesInPlay), who };
  }

  #endpoint() {
    return { who: this.#below(consumersInPlay), endpoint: this.#below(endpointsEach) };
  }

  #event(): EventFate {
    return this.#pick<EventFate>(["lost", "once", "once", "twice", "late"]);
  }

  /** Mostly soon, so that it strikes before the round is over. */
  #calls(): number {
    return 1 + this.#below(this.#pick([4, 12, 40]));
  }

  #has(kind: FaultKind): boolean {
    return this.#faults.includes(kind);
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.#below(most) }, make);
  }

  #weighted<T>(choices: readonly (readonly [number, T])[]): T {
    const total = choices.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.#random() * total;
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return this.#pick(choices.map(([, choice]) => choice));
  }

  #pick<T>(choices: readonly T[]): T {
    return pick(this.#random, choices as readonly [T, ...T[]]);
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}

/** One act as a line of a trace. */
export function wordOf({ round, together, act }: Step): string {
  const { do: what, ...rest } = act;
  const parameters = Object.entries(rest).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? value.join("+") : value}`,
  );
  return `${String(round).padStart(3)} ${together ? "&" : " "} ${what} ${parameters.join(" ")}`.trimEnd();
}
