import { createBackoff } from "./backoff.ts";
import type { InvocationResponse, RetryContext, RetryOptions } from "./core-module.ts";
import type { Invoke, TriggerData } from "./invoke.ts";
import type { LoadedFunction } from "./load-app.ts";
import { pause } from "./pause.ts";

/**
 * Runs a function under its retry policy, in memory (A.3 no. 31). `maxRetryCount` -1 is for ever; the signal ends the waiting and
 * the last error is thrown. Only timers are run by it: in the state read they alone are marked as supporting retry [S, U].
 */
export async function invokeWithRetry(
  invoke: Invoke,
  fn: LoadedFunction,
  data: TriggerData,
  signal: AbortSignal,
): Promise<InvocationResponse> {
  const policy = fn.metadata.retryOptions;
  if (policy === undefined) return invoke(fn, data);
  const delayOf = retryDelays(policy);
  let exception: RetryContext["exception"];
  for (let retryCount = 0; ; retryCount += 1) {
    const retryContext = { retryCount, maxRetryCount: policy.maxRetryCount, ...(exception && { exception }) };
    try {
      return await invoke(fn, { ...data, retryContext });
    } catch (error) {
      const isLast = policy.maxRetryCount !== -1 && retryCount >= policy.maxRetryCount;
      if (isLast || !(await pause(delayOf(), signal))) throw error;
      exception = described(error);
    }
  }
}

/** The waits of a policy one after the other, in milliseconds. */
export function retryDelays(policy: RetryOptions, random: () => number = Math.random): () => number {
  const milliseconds = (given: { readonly seconds: number } | undefined): number => (given?.seconds ?? 0) * 1000;
  if (policy.retryStrategy === "fixedDelay") return () => milliseconds(policy.delayInterval);
  const backoff = createBackoff(milliseconds(policy.minimumInterval), milliseconds(policy.maximumInterval), random);
  return () => backoff.next(false);
}

/** A warning for each function whose retry policy the host ignores. */
export function ignoredRetries(functions: readonly LoadedFunction[]): string[] {
  const ignored = functions.filter(
    (fn) => fn.metadata.retryOptions !== undefined && fn.trigger.type !== "timerTrigger",
  );
  return ignored.map(
    (fn) =>
      `warning: the retry policy of ${fn.name} is ignored: its trigger, ${fn.trigger.type}, does not support retry`,
  );
}

function described(error: unknown): NonNullable<RetryContext["exception"]> {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { message, stackTrace: stack ?? "", source: "" };
}
