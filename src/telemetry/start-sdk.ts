import type { Telemetry } from "../runtime/telemetry.ts";
import { noTelemetry } from "../runtime/telemetry.ts";
import type { Credential, TelemetryConfig } from "./open-sdk.ts";

/**
 * Starts what the configuration names, or nothing. The SDK is loaded only when somebody listens, because it would make every cold start
 * slower (docs/adr/0019). Fails never: whoever cannot tell their story goes on without it.
 */
export async function startTelemetry(
  config: TelemetryConfig,
  credential: Credential,
  complain: (why: string) => void,
): Promise<Telemetry> {
  if (!config.insights && !config.collector) return noTelemetry;
  try {
    const { openSdk } = await import("./open-sdk.ts");
    return await openSdk(config, credential);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return noTelemetry;
  }
}
