import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type SeenSpan = {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
};

export type SeenNumber = {
  readonly name: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly value: number;
};

/** A collector for OTLP over HTTP, as any vendor's: it keeps what it is sent. */
export async function startCollector() {
  const spans: SeenSpan[] = [];
  const numbers: SeenNumber[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
      if (request.url === "/v1/traces") spans.push(...spansOf(body));
      if (request.url === "/v1/metrics") numbers.push(...numbersOf(body));
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    numbers,
    stop: () => new Promise<void>((done) => server.close(() => done())),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the wire of OTLP, read in a test.
type Wire = any;

function spansOf(body: Wire): SeenSpan[] {
  return body.resourceSpans
    .flatMap(({ scopeSpans }: Wire) => scopeSpans)
    .flatMap(({ spans }: Wire) => spans)
    .map(({ name, traceId, spanId, parentSpanId, attributes, status }: Wire) => ({
      ...{ name, traceId, spanId, parentSpanId, fields: fieldsOf(attributes), failed: status?.code === 2 },
    }));
}

function numbersOf(body: Wire): SeenNumber[] {
  return body.resourceMetrics
    .flatMap(({ scopeMetrics }: Wire) => scopeMetrics)
    .flatMap(({ metrics }: Wire) => metrics)
    .flatMap(({ name, sum, gauge, histogram }: Wire) =>
      (sum ?? gauge ?? histogram).dataPoints.map(({ attributes, asInt, asDouble, count }: Wire) => ({
        ...{ name, fields: fieldsOf(attributes), value: Number(asInt ?? asDouble ?? count) },
      })),
    );
}

function fieldsOf(attributes: Wire): Record<string, unknown> {
  return Object.fromEntries(
    (attributes ?? []).map(({ key, value }: Wire) => [key, value.stringValue ?? value.intValue ?? value.doubleValue]),
  );
}
