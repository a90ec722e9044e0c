import type { LogFields } from "./log.ts";

/**
 * Every number that plgate measures, once: its kind, its unit, and what it says. Alerts and workbooks name these; the fields
 * that each comes with are few and of few values, so that no back end drowns in series.
 */
export const instruments = {
  "plgate.events": { kind: "counter", unit: "{event}", about: "What was put on record, by kind of event and door." },
  "plgate.requests.ended": {
    kind: "counter",
    unit: "{request}",
    about: "Requests that ended, by state and by who decided.",
  },
  "plgate.decision.time": {
    kind: "histogram",
    unit: "s",
    about: "From the moment that a request was first seen to the decision, by decision and by who decided.",
  },
  "plgate.human.time": { kind: "histogram", unit: "s", about: "From asking people to the first answer of one." },
  "plgate.outcome.time": { kind: "histogram", unit: "s", about: "From the decision to Azure's confirmation." },
  "plgate.arm.calls": { kind: "counter", unit: "{call}", about: "Calls to ARM, by operation and by how they ended." },
  "plgate.arm.time": { kind: "histogram", unit: "s", about: "How long ARM took, by operation." },
  "plgate.cards.calls": {
    kind: "counter",
    unit: "{call}",
    about: "Calls to Teams, by operation and by how they ended.",
  },
  "plgate.publish.calls": {
    kind: "counter",
    unit: "{call}",
    about: "Batches of decisions for the topic of subscribers, by how they ended.",
  },
  "plgate.sweep.lag": { kind: "gauge", unit: "s", about: "How long ago the sweep before this one was complete." },
  "plgate.sweep.services": { kind: "gauge", unit: "{service}", about: "Services that the last sweep saw." },
  "plgate.sweep.woken": { kind: "gauge", unit: "{service}", about: "Services that the last sweep had reviewed." },
  "plgate.sweep.unreadable": { kind: "gauge", unit: "{subscription}", about: "Subscriptions that could not be read." },
  "plgate.requests.open": { kind: "gauge", unit: "{request}", about: "Requests that are open, by state." },
  "plgate.requests.oldest": { kind: "gauge", unit: "s", about: "Age of the oldest request that nobody decided." },
  "plgate.outbox.age": { kind: "gauge", unit: "s", about: "Age of the oldest effect that is still to be done." },
  "plgate.poison": { kind: "gauge", unit: "{message}", about: "Messages that failed too often and are parked." },
  "plgate.anchors.chains": { kind: "gauge", unit: "{chain}", about: "Chains whose heads the last anchor holds." },
  "plgate.anchors.broken": {
    kind: "gauge",
    unit: "{chain}",
    about: "Chains that are not what was anchored before: somebody changed the record.",
  },
  "plgate.arm.left": { kind: "gauge", unit: "{call}", about: "Calls that ARM still allows, by subscription and kind." },
} as const satisfies Readonly<Record<string, { kind: "counter" | "histogram" | "gauge"; unit: string; about: string }>>;

export type Instrument = keyof typeof instruments;
type Named<Kind extends string> = {
  [Name in Instrument]: (typeof instruments)[Name]["kind"] extends Kind ? Name : never;
}[Instrument];

/**
 * Traces and numbers for whoever operates plgate. Passed as the log is, never a module global; nothing here decides anything,
 * and nothing here throws. The correlation id of the audit is the id of the trace: whoever has one has the other.
 */
export interface Telemetry {
  /** Runs `act` in the trace of a correlation id, however many hosts and hours lie between its parts. */
  trace<T>(correlation: string, name: string, fields: LogFields, act: () => Promise<T>): Promise<T>;
  /** Runs `act` as a part of whatever runs around it. `tell` says what to add once the answer is known. */
  span<T>(name: string, fields: LogFields, act: () => Promise<T>, tell?: (answer: T) => LogFields): Promise<T>;
  count(name: Named<"counter">, fields: LogFields): void;
  time(name: Named<"histogram">, seconds: number, fields: LogFields): void;
  gauge(name: Named<"gauge">, value: number, fields?: LogFields): void;
  /** Sends what is waiting; for the end of a process. */
  flush(): Promise<void>;
}

/** Where nobody listens. */
export const noTelemetry: Telemetry = {
  trace: (_correlation, _name, _fields, act) => act(),
  span: (_name, _fields, act) => act(),
  count: () => {},
  time: () => {},
  gauge: () => {},
  flush: async () => {},
};
