import { context, type Meter, metrics, type Tracer, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Telemetry } from "../runtime/telemetry.ts";
import { openTelemetry } from "./open-telemetry.ts";

export type Credential = {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>;
};

export type TelemetryConfig = {
  /** Application Insights; no secret, because it takes telemetry from identities only (infra/modules/monitoring.bicep). */
  readonly insights: string | undefined;
  /** Any OpenTelemetry collector, by its address for OTLP over HTTP. */
  readonly collector: string | undefined;
  /** Seconds between two deliveries of numbers. */
  readonly intervalSeconds: number;
};

type Exporters = { readonly spans: SpanExporter; readonly numbers: PushMetricExporter };

const scope = "plgate";
const exportMs = 10_000;

/** OpenTelemetry's SDK with our own spans and numbers only: nothing patches the libraries that we use. */
export async function openSdk(config: TelemetryConfig, credential: Credential): Promise<Telemetry> {
  const exporters = await Promise.all([
    ...(config.collector ? [collectorExporters(config.collector)] : []),
    ...(config.insights ? [insightsExporters(config.insights, credential)] : []),
  ]);
  const resource = resourceFromAttributes({ "service.name": scope });
  const tracers = new BasicTracerProvider({
    resource,
    spanProcessors: exporters.map(({ spans }) => new BatchSpanProcessor(spans, { scheduledDelayMillis: 2_000 })),
  });
  const meters = new MeterProvider({
    resource,
    readers: exporters.map(({ numbers: exporter }) => {
      const exportIntervalMillis = config.intervalSeconds * 1000;
      const exportTimeoutMillis = Math.min(exportMs, exportIntervalMillis);
      return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis });
    }),
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(tracers);
  metrics.setGlobalMeterProvider(meters);
  const tracer: Tracer = tracers.getTracer(scope);
  const meter: Meter = meters.getMeter(scope);
  // Whoever is in a hurry to end must not fail for it.
  const flush = async () => void (await Promise.allSettled([tracers.forceFlush(), meters.forceFlush()]));
  return openTelemetry({ tracer, meter, flush });
}

async function collectorExporters(address: string): Promise<Exporters> {
  const [{ OTLPTraceExporter }, { OTLPMetricExporter }] = await Promise.all([
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/exporter-metrics-otlp-http"),
  ]);
  const base = address.replace(/\/+$/, "");
  return {
    spans: new OTLPTraceExporter({ url: `${base}/v1/traces`, timeoutMillis: exportMs }),
    numbers: new OTLPMetricExporter({ url: `${base}/v1/metrics`, timeoutMillis: exportMs }),
  };
}

async function insightsExporters(connectionString: string, credential: Credential): Promise<Exporters> {
  const { AzureMonitorTraceExporter, AzureMonitorMetricExporter } = await import(
    "@azure/monitor-opentelemetry-exporter"
  );
  const options = { connectionString, credential, disableOfflineStorage: true };
  return { spans: new AzureMonitorTraceExporter(options), numbers: new AzureMonitorMetricExporter(options) };
}
