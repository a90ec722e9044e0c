import * as z from "zod";
import { type WarningName, warningMeanings } from "../policy/faults.ts";
import { policyLimits } from "../policy/limits.ts";
import { policyNamePattern } from "../policy/parse.ts";
import { type Parsed, problemOf } from "./fault.ts";

const note = z.string("is required").trim().min(1, "is required").max(1000, "is longer than 1000 characters");
const warningNames = Object.keys(warningMeanings);
const warning = z.custom<WarningName>(
  (value) => typeof value === "string" && warningNames.includes(value),
  `is the name of a warning: ${warningNames.join(", ")}`,
);
// No character takes less than a byte, so a longer text is above the limit whatever it holds.
const source = z.string("is required").max(policyLimits.fileBytes, "is larger than 256 KiB");

const upload = z.strictObject({
  source,
  tests: source.optional(),
  file: z
    .string()
    .regex(/^[\w.-]{1,100}\.ya?ml$/, "is the name of a YAML file, without a folder")
    .optional(),
  note,
  acknowledge: z.array(warning).max(100, "has too many names").default([]),
  activate: z.boolean("is true or false").default(true),
});

const activation = z.strictObject({
  version: z.number("is required").int("is a whole number").min(1, "is at least 1").max(999_999_999, "is too large"),
  note,
});

export type PolicyUpload = z.infer<typeof upload>;
export type PolicyActivation = z.infer<typeof activation>;

/** Reads the body of `PUT /policies/{name}`. What the source says is not looked at here. */
export function readPolicyUpload(input: unknown): Parsed<PolicyUpload> {
  const parsed = upload.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}

/** Reads the body of `POST /policies/{name}/activate`. */
export function readPolicyActivation(input: unknown): Parsed<PolicyActivation> {
  const parsed = activation.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}

/** A policy's name from a path or a command line; undefined for what no policy can be called. */
export function policyNameIn(text: string | undefined): string | undefined {
  return text !== undefined && policyNamePattern.test(text) ? text : undefined;
}

/** The number of a version from a path or a command line. */
export function versionIn(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
