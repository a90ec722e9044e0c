import type { z } from "zod";

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** What is wrong with one field of an input. */
export type Fault = { readonly field: string; readonly why: string };

/** All faults of an input; one that concerns the whole of it stands under `input`. */
export function faultsOf(error: z.ZodError): readonly Fault[] {
  return error.issues.map(({ path, message }) => ({ field: path.join(".") || "input", why: message }));
}

/** All faults of an input in one sentence, each with the name of its field. */
export function problemOf(error: z.ZodError): string {
  return faultsOf(error)
    .map(({ field, why }) => `${field}: ${why}`)
    .join("; ");
}
