import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { gunzipSync } from "node:zlib";
import { loadOrCreateAuthority } from "../../local/certificates.ts";

export type InsightsRow = Readonly<Record<string, string | number | boolean | Date | null | Record<string, unknown>>>;
export type InsightsTables = { readonly AppMetrics: InsightsRow[]; readonly AppDependencies: InsightsRow[] };

/**
 * Stands for the ingestion of Application Insights: takes what the exporter of Azure Monitor really sends, and keeps it as Log Analytics
 * shows it (learn.microsoft.com/azure/azure-monitor/reference/tables/appmetrics). This process trusts its certificate from then on.
 */
export async function startInsights() {
  // The exporter tells Microsoft how it is used, at an address of its own.
  process.env["APPLICATION_INSIGHTS_NO_STATSBEAT"] = "true";
  const folder = await mkdtemp(join(tmpdir(), "insights-"));
  const { key, cert, caPem } = await loadOrCreateAuthority(folder);
  setDefaultCACertificates([...getCACertificates("default"), caPem]);
  const tables: InsightsTables = { AppMetrics: [], AppDependencies: [] };
  const server = createServer({ key, cert }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const isZipped = request.headers["content-encoding"] === "gzip";
      const envelopes: Wire[] = JSON.parse((isZipped ? gunzipSync(body) : body).toString("utf8"));
      for (const envelope of envelopes) keep(envelope, tables);
      const taken = { itemsReceived: envelopes.length, itemsAccepted: envelopes.length, errors: [] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(taken));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    tables,
    connectionString: `InstrumentationKey=00000000-0000-4000-8000-000000000000;IngestionEndpoint=https://127.0.0.1:${port}/`,
    forget: () => {
      for (const rows of Object.values(tables)) rows.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
      await rm(folder, { recursive: true });
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the wire of Application Insights, read in a test.
type Wire = any;

function keep({ time, sampleRate, data, tags }: Wire, tables: InsightsTables): void {
  const { baseType, baseData } = data;
  if (sampleRate !== 100) throw new Error(`something was sampled: ${sampleRate}`);
  const common = { TimeGenerated: new Date(time), Properties: { ...baseData.properties } };
  if (baseType === "MetricData") {
    for (const { name, value, count, min, max } of baseData.metrics) {
      const rest = { Sum: value, ItemCount: count, Min: min ?? value, Max: max ?? value };
      tables.AppMetrics.push({ ...common, Name: name, ...rest });
    }
  } else if (baseType === "RemoteDependencyData") {
    const rest = { Name: baseData.name, Success: baseData.success, OperationId: tags["ai.operation.id"] };
    tables.AppDependencies.push({ ...common, ...rest });
  } else throw new Error(`nobody knows ${baseType}`);
}
