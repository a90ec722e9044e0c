import * as z from "zod";
import { parseServiceId, type ServiceRef } from "../connection/arm-id.ts";
import type { Door } from "../decision/decision.ts";
import { messageVersion } from "../ledger/row-versions.ts";

const message = z.object({
  v: z.int().min(1).max(messageVersion),
  serviceId: z.string().max(2000),
  door: z.enum(["event", "timer", "teams", "api", "console", "cli"]).catch("event"),
  correlation: z.string().max(100).optional().catch(undefined),
});

export type WakeUp = { readonly service: ServiceRef; readonly door: Door; readonly correlation: string | undefined };

/** Reads a message of the queue `reviews`; undefined for anything that is not one (it will never parse: drop it). */
export function readWakeUp(body: unknown, watched: readonly string[]): WakeUp | undefined {
  const wakeUp = parseWakeUp(body);
  return wakeUp && watched.includes(wakeUp.service.subscriptionId) ? wakeUp : undefined;
}

/** Whether a newer version of plgate sent it: no fault, and not for this one to judge or to drop. */
export function isNewerMessage(body: unknown): boolean {
  const sent = z.object({ v: z.int() }).safeParse(body);
  return sent.success && sent.data.v > messageVersion;
}

/** The same about any service, for whoever does not know which are watched. */
export function parseWakeUp(body: unknown): WakeUp | undefined {
  const parsed = message.safeParse(body);
  const service = parsed.success ? parseServiceId(parsed.data.serviceId) : undefined;
  if (!parsed.success || !service) return undefined;
  return { service, door: parsed.data.door, correlation: parsed.data.correlation };
}
