import type { NewEvent } from "../ledger/event.ts";
import type { LogFields } from "../runtime/log.ts";
import type { Telemetry } from "../runtime/telemetry.ts";
import { countEvents, measureStep, timesOf } from "./measure-step.ts";
import type { Connections, Ledger, Notifier, Ports, Publisher, ServiceFinder } from "./ports.ts";

/**
 * The same ports, told of: a span for each call to the outside, and numbers made of what is put on record. Nothing about the
 * workflow changes, and no part of it knows.
 */
export function traced(ports: Ports, telemetry: Telemetry): Ports {
  return {
    ...ports,
    connections: tracedConnections(ports.connections, telemetry),
    finder: tracedFinder(ports.finder, telemetry),
    notifier: tracedNotifier(ports.notifier, telemetry),
    publisher: tracedPublisher(ports.publisher, telemetry),
  };
}

function tracedPublisher(publisher: Publisher, telemetry: Telemetry): Publisher {
  return {
    isOn: publisher.isOn,
    publish: (events) =>
      timed(
        { span: "publish", count: "plgate.publish.calls" },
        "publish",
        { events: events.length },
        () => publisher.publish(events),
        () => "done",
        telemetry,
      ),
  };
}

function tracedConnections(connections: Connections, telemetry: Telemetry): Connections {
  const arm = <T>(operation: string, fields: LogFields, act: () => Promise<T>, endOf: (answer: T) => string) =>
    timed(
      { span: `arm ${operation}`, count: "plgate.arm.calls", time: "plgate.arm.time" },
      operation,
      fields,
      act,
      endOf,
      telemetry,
    );
  return {
    read: (service) =>
      arm(
        "read",
        { service: service.id },
        () => connections.read(service),
        (answer) => (answer === "gone" ? "gone" : "done"),
      ),
    write: (connection, status, description, mayStill) =>
      arm(
        "write",
        { connection: connection.id, status },
        () => connections.write(connection, status, description, mayStill),
        ({ kind }) => kind,
      ),
    remove: (connection, mayStill) =>
      arm(
        "remove",
        { connection: connection.id },
        () => connections.remove(connection, mayStill),
        ({ kind }) => kind,
      ),
  };
}

function tracedFinder(finder: ServiceFinder, telemetry: Telemetry): ServiceFinder {
  return {
    list: (only) =>
      telemetry.span(
        "list the services",
        {},
        () => finder.list(only),
        ({ items, unreadable }) => ({
          services: items.length,
          unreadable: unreadable.length,
        }),
      ),
  };
}

/** The same of the ledger, which lives as long as its worker. */
export function tracedLedger(ledger: Ledger, telemetry: Telemetry): Ledger {
  return {
    commit: async (step) => {
      const fields = { request: step.request.id, state: step.request.state, kinds: kindsOf(step.events) };
      const committed = await telemetry.span(
        "commit",
        fields,
        () => ledger.commit(step),
        ({ kind: outcome }) => ({ outcome, ...(outcome === "committed" ? timesOf(step) : {}) }),
      );
      if (committed.kind === "committed") measureStep(step, telemetry);
      return committed;
    },
    note: async (note) => {
      const fields = { chain: note.chain, kinds: kindsOf(note.events) };
      const noted = await telemetry.span(
        "note",
        fields,
        () => ledger.note(note),
        ({ kind: outcome }) => ({ outcome }),
      );
      if (noted.kind === "noted") countEvents(note.events, telemetry);
      return noted;
    },
    unsettled: (service) =>
      telemetry.span(
        "read what is unsettled",
        {},
        () => ledger.unsettled(service),
        ({ open, approvals }) => ({ open: open.length, approvals: approvals.length }),
      ),
    request: (id) => ledger.request(id),
    forgetLink: (request) => ledger.forgetLink(request),
    rememberApproval: (service, approval) => ledger.rememberApproval(service, approval),
    forgetApproval: (service, connectionId) => ledger.forgetApproval(service, connectionId),
    forgetFinding: (service, key) => ledger.forgetFinding(service, key),
    ...untoldRuns(ledger),
    latestOf: (service, connectionKey) => ledger.latestOf(service, connectionKey),
    history: (service, consumer) => ledger.history(service, consumer),
    events: (service, lastSeq) => ledger.events(service, lastSeq),
    eventsBetween: (service, first, last) => ledger.eventsBetween(service, first, last),
    eventsOf: (request) => ledger.eventsOf(request),
    head: (service) => ledger.head(service),
  };
}

function untoldRuns(ledger: Ledger): Pick<Ledger, "runs" | "runShares" | "runShare" | "putRunShare"> {
  return {
    runs: () => ledger.runs(),
    runShares: (run) => ledger.runShares(run),
    runShare: (run, service) => ledger.runShare(run, service),
    putRunShare: (share) => ledger.putRunShare(share),
  };
}

function tracedNotifier(notifier: Notifier, telemetry: Telemetry): Notifier {
  const teams = <T extends { readonly kind: string }>(operation: string, fields: LogFields, act: () => Promise<T>) =>
    timed(
      { span: `teams ${operation}`, count: "plgate.cards.calls" },
      operation,
      fields,
      act,
      ({ kind }) => kind,
      telemetry,
    );
  return {
    router: () => notifier.router(),
    announce: (view, place) => teams("announce", { request: view.request.id }, () => notifier.announce(view, place)),
    update: (view, card) => teams("update", { request: view.request.id }, () => notifier.update(view, card)),
    remind: (view, standing, step) =>
      teams("remind", { request: view.request.id }, () => notifier.remind(view, standing, step)),
    tellEnd: (view, standing) => teams("end", { request: view.request.id }, () => notifier.tellEnd(view, standing)),
    bulletin: (bulletin, place) => teams("bulletin", { kind: bulletin.kind }, () => notifier.bulletin(bulletin, place)),
  };
}

type Names = {
  readonly span: string;
  readonly count: "plgate.arm.calls" | "plgate.cards.calls" | "plgate.publish.calls";
  readonly time?: "plgate.arm.time";
};

async function timed<T>(
  { span, count, time }: Names,
  operation: string,
  fields: LogFields,
  act: () => Promise<T>,
  endOf: (answer: T) => string,
  telemetry: Telemetry,
): Promise<T> {
  const began = performance.now();
  let end = "failed";
  try {
    const answer = await telemetry.span(span, fields, act, (given) => ({ outcome: endOf(given) }));
    end = endOf(answer);
    return answer;
  } finally {
    telemetry.count(count, { operation, outcome: end });
    if (time) telemetry.time(time, (performance.now() - began) / 1000, { operation });
  }
}

function kindsOf(events: readonly NewEvent[]): string {
  return events.map(({ kind }) => kind).join(" ");
}
