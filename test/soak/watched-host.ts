import type { OutboxEntry } from "../../src/ledger/commit.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import type { Phase } from "./marks.ts";

type Hear = (method: string, given: readonly unknown[]) => (() => void) | undefined;

/** The same host, which says before each call of the audit what it is about to do; the calls themselves are untouched. */
export function watched(host: Ports, at: (phase: Phase, place: string) => void, rests: (place: string) => void): Ports {
  return {
    ...host,
    ledger: heard(host.ledger, (method) => {
      if (method === "commit" || method === "note") at("in a commit", "");
      return undefined;
    }),
    index: heard(host.index, (method, [service, events]) => {
      if (method === "addEvents") at("in the index", placeOf(service as string, (events as AuditEvent[]).at(-1)?.seq));
      return undefined;
    }),
    outbox: heard(host.outbox, (method, [given]) => {
      if (method === "leftOver") {
        at("in a search of the outbox", "outbox");
        return () => rests("outbox");
      }
      const entry = given as OutboxEntry | undefined;
      if (entry?.kind !== "index") return undefined;
      const place = placeOf(entry.service, entry.seq);
      if (method === "claim") at("between claim and index", place);
      if (method !== "done") return undefined;
      at("in the tick-off", place);
      return () => rests(place);
    }),
  };
}

function placeOf(service: string, seq: number | undefined): string {
  return `${service} ${seq}`;
}

/** Calls `hear` before each call, and what it gave after it. */
function heard<T extends object>(port: T, hear: Hear): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        const after = hear(String(name), given);
        const result: unknown = member.apply(target, given);
        return after && result instanceof Promise ? result.finally(after) : result;
      };
    },
  });
}
