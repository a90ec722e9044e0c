import { createHash, randomBytes } from "node:crypto";
import {
  type Attributes,
  context,
  type Meter,
  type Span,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { messageOf } from "../runtime/errors.ts";
import type { LogFields } from "../runtime/log.ts";
import { withoutSecrets } from "../runtime/redact.ts";
import { type Instrument, instruments, type Telemetry } from "../runtime/telemetry.ts";

export type TelemetryMeans = {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly flush: () => Promise<void>;
};

/** Telemetry by OpenTelemetry's API. Whatever fails in it is nobody's fault but its own, and stops nothing. */
export function openTelemetry({ tracer, meter, flush }: TelemetryMeans): Telemetry {
  const record = recorder(meter);
  const inSpan = async <T>(span: Span, act: () => Promise<T>, tell?: (answer: T) => LogFields): Promise<T> => {
    try {
      const answer = await context.with(trace.setSpan(context.active(), span), act);
      if (tell) span.setAttributes(attributesOf(tell(answer)));
      return answer;
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: withoutSecrets(messageOf(error)) });
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    trace: (correlation, name, fields, act) => {
      const parent = trace.setSpanContext(context.active(), {
        traceId: traceIdOf(correlation),
        // A part of the trace that nobody recorded: what makes strangers' spans siblings.
        spanId: spanIdOf(correlation),
        traceFlags: TraceFlags.SAMPLED,
        isRemote: true,
      });
      const attributes = attributesOf({ correlation, ...fields });
      return context.with(parent, () => inSpan(tracer.startSpan(name, { attributes }, parent), act));
    },
    span: (name, fields, act, tell) => inSpan(tracer.startSpan(name, { attributes: attributesOf(fields) }), act, tell),
    count: (name, fields) => record(name, 1, fields),
    time: (name, seconds, fields) => record(name, seconds, fields),
    gauge: (name, value, fields = {}) => record(name, value, fields),
    flush,
  };
}

/** The trace of a correlation id: a UUID is one without its hyphens, any other text is hashed. */
export function traceIdOf(correlation: string): string {
  const plain = correlation.replaceAll("-", "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(plain) && !/^0+$/.test(plain)) return plain;
  return digest(correlation).slice(0, 32);
}

function spanIdOf(correlation: string): string {
  const id = digest(`root ${correlation}`).slice(0, 16);
  return /^0+$/.test(id) ? randomBytes(8).toString("hex") : id;
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function recorder(meter: Meter): (name: Instrument, value: number, fields: LogFields) => void {
  const made = new Map<Instrument, (value: number, attributes: Attributes) => void>();
  return (name, value, fields) => {
    const known = made.get(name) ?? instrumentOf(meter, name);
    made.set(name, known);
    if (Number.isFinite(value)) known(value, attributesOf(fields));
  };
}

function instrumentOf(meter: Meter, name: Instrument): (value: number, attributes: Attributes) => void {
  const { kind, unit, about: description } = instruments[name];
  switch (kind) {
    case "counter": {
      const counter = meter.createCounter(name, { unit, description });
      return (value, attributes) => counter.add(value, attributes);
    }
    case "histogram": {
      const histogram = meter.createHistogram(name, { unit, description });
      return (value, attributes) => histogram.record(value, attributes);
    }
    case "gauge": {
      const gauge = meter.createGauge(name, { unit, description });
      return (value, attributes) => gauge.record(value, attributes);
    }
  }
}

function attributesOf(fields: LogFields): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    attributes[`plgate.${name}`] = typeof value === "string" ? withoutSecrets(value) : value;
  }
  return attributes;
}
