import { z } from "zod";
import { accountName, ConfigError, clouds } from "./config.ts";

/** What an operator's own machine says about a deployment; the app's settings are not there. */
export type OperatorConfig = {
  /** The data account; undefined when the environment names none. */
  readonly account: string | undefined;
  readonly suffix: string;
  readonly authority: string;
};

const schema = z.object({
  PLGATE_STORAGE_ACCOUNT: accountName.optional(),
  PLGATE_CLOUD: z.enum(["public", "usgov", "china"]).default("public"),
  NODE_TLS_REJECT_UNAUTHORIZED: z
    .string()
    .refine((text) => text !== "0", "TLS verification is never switched off; trust a CA by NODE_EXTRA_CA_CERTS")
    .optional(),
});

/** Reads the few variables that the command line goes by; throws a ConfigError that names each one that is wrong. */
export function readOperatorConfig(environment: Readonly<Record<string, string | undefined>>): OperatorConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  }
  const { storageSuffix, authority } = clouds[parsed.data.PLGATE_CLOUD];
  return { account: parsed.data.PLGATE_STORAGE_ACCOUNT, suffix: storageSuffix, authority };
}
