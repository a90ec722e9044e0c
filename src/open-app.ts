import type { App } from "./compose.ts";

let opened: Promise<App> | undefined;

/**
 * The worker's app, built on first use from the environment. A configuration that cannot be read is tried again next time.
 *
 * Everything that stands behind a port (Azure's clients, Teams, tokens) is loaded here and not before: triggers are registered without it.
 */
export function openApp(): Promise<App> {
  opened ??= build().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

/** Sends what telemetry still holds, when the worker ends; a worker that never opened the app has nothing to send. */
export async function closeApp(): Promise<void> {
  const app = await opened?.catch(() => undefined);
  await app?.telemetry.flush();
}

async function build(): Promise<App> {
  const { composeFrom } = await import("./compose.ts");
  return composeFrom(process.env);
}
