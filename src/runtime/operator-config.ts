import * as z from "zod";
import { clouds } from "./clouds.ts";
import { accountName, ConfigError } from "./config.ts";

/** What an operator's own machine says about a deployment; the app's settings are not there. */
export type OperatorConfig = {
  /** The data account; undefined when the environment names none. */
  readonly account: string | undefined;
  readonly suffix: string;
  readonly authority: string;
  /** Address of the app; undefined when the environment names none. */
  readonly url: string | undefined;
  /** Application id of the app's API. */
  readonly audience: string | undefined;
  /** A token for that API, from elsewhere. */
  readonly token: string | undefined;
};

const schema = z.object({
  PLGATE_STORAGE_ACCOUNT: accountName.optional(),
  // The names under which azd has them after a deployment.
  AZURE_DATA_ACCOUNT: accountName.optional(),
  PLGATE_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  AZURE_FUNCTION_APP_URL: z.url({ protocol: /^https?$/ }).optional(),
  PLGATE_API_AUDIENCE: z.string().min(1).optional(),
  PLGATE_API_TOKEN: z.string().min(1).optional(),
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
  const { data } = parsed;
  const { storageSuffix, authority } = clouds[data.PLGATE_CLOUD];
  return {
    account: data.PLGATE_STORAGE_ACCOUNT ?? data.AZURE_DATA_ACCOUNT,
    suffix: storageSuffix,
    authority,
    url: data.PLGATE_PUBLIC_URL ?? data.AZURE_FUNCTION_APP_URL,
    audience: data.PLGATE_API_AUDIENCE,
    token: data.PLGATE_API_TOKEN,
  };
}
