import { DefaultAzureCredential, type TokenCredential } from "@azure/identity";
import { isGuid } from "../connection/arm-id.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import { codeOf, faultOf } from "./storage-errors.ts";

/** Whoever is signed in on this machine: by `az login`, azd, an editor, or the variables of a pipeline. */
export function operatorCredential(authority: string): TokenCredential {
  return new DefaultAzureCredential({ authorityHost: authority });
}

const storageScope = "https://storage.azure.com/.default";
const bound = 30_000;

/** Who is signed in: the name that people read, and the ids that Entra vouches for; undefined when the token hides them. */
export type Operator = {
  readonly name: string;
  readonly ids: { readonly objectId: string; readonly tenantId: string } | undefined;
};

/**
 * As whom Entra knows the operator, for the record of who published.
 * Throws when nobody is signed in, so that this is said once and before anything else is tried.
 */
export async function operatorOf(credential: TokenCredential): Promise<Operator> {
  try {
    const token = await credential.getToken(storageScope, { abortSignal: AbortSignal.timeout(bound) });
    if (!token) throw new Error("there is no token");
    return operatorIn(token.token);
  } catch (cause) {
    const why = messageOf(cause).trim().replace(/\n\s*/g, "\n  ");
    throw new PlgateError(`nobody is signed in to Azure here; run "az login" and try again.\n  ${why}`, {
      retryable: false,
      cause,
    });
  }
}

const nameClaims = ["upn", "unique_name", "preferred_username", "app_displayname", "appid", "oid"];

/** The token was just given to us for storage, which checks it; here it is only read. */
function operatorIn(token: string): Operator {
  const claims = objectIn(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
  const claim = (name: string): string | undefined => {
    const value: unknown = claims && Reflect.get(claims, name);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const [objectId, tenantId] = [claim("oid")?.toLowerCase(), claim("tid")?.toLowerCase()];
  const ids = objectId && tenantId && isGuid(objectId) && isGuid(tenantId) ? { objectId, tenantId } : undefined;
  return { name: nameClaims.map(claim).find((name) => name !== undefined) ?? "unknown", ids };
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    // A token is opaque to its bearer; without readable claims the operator has no name, and storage still decides.
    return undefined;
  }
}

/** What an operator reads when storage did not do what was asked: what is wrong, and what to do. */
export function explainToOperator(error: unknown, account: string): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = codeOf(cause) ?? "no code";
  const fault = faultOf(cause);
  if (fault === "denied" && code === "AuthorizationFailure") {
    return `storage account ${account} does not answer this machine (${code}): its network rules keep it out, or you lack ${roleAdvice}`;
  }
  if (fault === "denied") return `storage account ${account} refuses you (${code}): you need ${roleAdvice}`;
  if (fault === "no-table") {
    return `storage account ${account} has no such table; is it the data account of the deployment? "azd env get-value AZURE_DATA_ACCOUNT" names it`;
  }
  if (code === "ENOTFOUND") return `there is no storage account ${account} (${code}); check the name`;
  return messageOf(error);
}

const roleAdvice = `the role Storage Table Data Contributor on it.
  Somebody who may assign roles gives it by
    az role assignment create --role "Storage Table Data Contributor" --assignee <you> --scope <id of the account>
  and it takes some minutes until it counts. docs/policies.md gives it on the three tables that are needed and no more.`;
