import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import type { DecisionEvent } from "../../src/ledger/decision-event.ts";
import type { Stage } from "./stage.ts";

const schema = JSON.parse(readFileSync(new URL("../../docs/decision-event.schema.json", import.meta.url), "utf8"));
const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });
const isDecision = ajv.compile(schema);

/** As it goes over the wire. */
export function onTheWire(event: DecisionEvent): object {
  return { specversion: "1.0", ...event, datacontenttype: "application/json" };
}

/** Fails with what the schema that subscribers have says against it. */
export function assertDecision(cloudEvent: object): void {
  assert.ok(isDecision(cloudEvent), JSON.stringify([isDecision.errors, cloudEvent], null, 1));
}

/** Somebody subscribed from now on. */
export function subscribed(ports: Stage): Stage {
  ports.publisher.isOn = true;
  ports.ledger.publishes = true;
  return ports;
}

export function typesOf(ports: Stage): readonly string[] {
  return ports.publisher.events.map(({ type }) => type.replace("plgate.", ""));
}
