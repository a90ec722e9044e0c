import type { Azure, Reading } from "../compose-cli.ts";
import { listOf, numberOf, textOf } from "./ask-api.ts";
import { bad, type Examined, ok } from "./examined.ts";
import type { Surroundings } from "./surroundings.ts";
import { member } from "./where.ts";

type How = Pick<Surroundings, "azure" | "tenantId" | "audience" | "fallbackReviewers" | "isLocal">;

/** Who vouches for people (the issuer), the roles that the API declares, and whether anybody is in the groups that are asked. */
export async function examineEntra(azure: Azure, how: How): Promise<readonly Examined[]> {
  const found = await Promise.all([issuer(azure, how), registration(azure, how), ...groups(azure, how)]);
  return found;
}

async function issuer({ document }: Azure, { azure, tenantId }: How): Promise<Examined> {
  if (tenantId === undefined)
    return bad("skipped", "issuer", "the tenant is not known", "Set AZURE_TENANT_ID: azd env get-values names it.");
  const base = `${azure.authority.replace(/\/+$/, "")}/${tenantId}/v2.0`;
  const configuration = await document(`${base}/.well-known/openid-configuration`);
  const keys = configuration.kind === "read" ? textOf(configuration.value, "jwks_uri") : null;
  return judgeIssuer(base, configuration, keys === null ? undefined : await document(keys));
}

/** The finding about the issuer of tokens. Pure. */
export function judgeIssuer(base: string, configuration: Reading, keys: Reading | undefined): Examined {
  if (configuration.kind !== "read") {
    const why = configuration.kind === "absent" ? "there is no such tenant" : configuration.detail;
    return bad("failed", "issuer", `${base}: ${why}`, "Is PLGATE_TENANT_ID right, and may this machine reach it?");
  }
  const said = textOf(configuration.value, "issuer");
  if (said !== base)
    return bad(
      "failed",
      "issuer",
      `it calls itself ${said}, plgate expects ${base}`,
      "Set PLGATE_TENANT_ID and PLGATE_CLOUD right, azd provision.",
    );
  const count = keys?.kind === "read" ? listOf(keys.value, "keys").length : 0;
  if (count === 0)
    return bad("failed", "issuer", "its keys cannot be read", "Try again; without them nobody can sign in.");
  return ok("issuer", `${base}, ${count} keys`);
}

const declared = ["Reader", "Approver", "PolicyAuthor"] as const;

async function registration({ graph }: Azure, { audience, isLocal }: How): Promise<Examined> {
  const check = "app registration";
  if (isLocal || audience === undefined)
    return bad("skipped", check, "its application id is not known", "Set PLGATE_API_AUDIENCE.");
  if (!graph) return bad("skipped", check, "no token for Microsoft Graph", "az login");
  const $select = "displayName,appRoles,api";
  const reading = await graph.one(`/v1.0/applications(appId='${encodeURIComponent(audience)}')`, {
    query: { $select },
  });
  return judgeRegistration(audience, reading);
}

/** The finding about the app registration of the API. Pure. */
export function judgeRegistration(audience: string, reading: Reading): Examined {
  const check = "app registration";
  if (reading.kind === "absent") {
    const remedy =
      'az ad app list --display-name plgate --query "[].appId"; then azd env set PLGATE_API_AUDIENCE <id>, azd provision';
    return bad("failed", check, `there is no application ${audience} in your tenant`, remedy);
  }
  if (reading.kind !== "read")
    return bad("skipped", check, reading.detail, "Whoever may read applications in Entra sees it.");
  const roles = listOf(reading.value, "appRoles")
    .filter((role) => member(role, "isEnabled") !== false)
    .map((role) => textOf(role, "value"));
  const missing = declared.filter((role) => !roles.includes(role));
  if (missing.length > 0) {
    const remedy = `az ad app update --id ${audience} --app-roles "$(npx --no -- node -p 'JSON.stringify(JSON.parse(fs.readFileSync("infra/entra-app.json", "utf8")).appRoles)')"`;
    return bad("failed", check, `it does not declare ${missing.join(", ")}`, remedy);
  }
  const version = numberOf(member(reading.value, "api"), "requestedAccessTokenVersion");
  if (version !== 2) {
    const remedy = `az ad app update --id ${audience} --set api.requestedAccessTokenVersion=2`;
    return bad("failed", check, "it asks for tokens of version 1, which plgate refuses", remedy);
  }
  return ok(check, `${textOf(reading.value, "displayName")} declares ${declared.join(", ")}`);
}

function groups({ graph }: Azure, { fallbackReviewers, isLocal }: How): readonly (Promise<Examined> | Examined)[] {
  if (isLocal) return [];
  if (fallbackReviewers.length === 0)
    return [bad("skipped", "reviewers", "no group is known", "Set PLGATE_FALLBACK_REVIEWERS.")];
  return fallbackReviewers.map(async (id) => {
    if (!graph) return bad("skipped", "reviewers", "no token for Microsoft Graph", "az login");
    const path = `/v1.0/groups/${encodeURIComponent(id)}`;
    const [group, members] = await Promise.all([
      graph.one(path, { query: { $select: "displayName" } }),
      graph.one(`${path}/transitiveMembers`, { query: { $select: "id", $top: "2" } }),
    ]);
    return judgeReviewers(id, group, members);
  });
}

/** The finding about a group that is asked when no policy names reviewers. Pure. */
export function judgeReviewers(id: string, group: Reading, members: Reading): Examined {
  const check = "reviewers";
  if (group.kind === "absent") {
    return bad(
      "failed",
      check,
      `there is no group ${id}: nobody could decide what goes to it`,
      "azd env set PLGATE_FALLBACK_REVIEWERS <object id of a group>, azd provision",
    );
  }
  if (group.kind !== "read") return bad("skipped", check, group.detail, "Whoever may read groups in Entra sees it.");
  const name = textOf(group.value, "displayName") ?? id;
  if (members.kind !== "read")
    return bad(
      "skipped",
      check,
      `${name} is there; who is in it you may not read`,
      "Whoever may read its members sees it.",
    );
  const found = listOf(members.value, "value").length;
  if (found === 0)
    return bad(
      "failed",
      check,
      `${name} has no member: nobody can decide`,
      `az ad group member add --group ${id} --member-id <object id of a person>`,
    );
  if (found === 1)
    return bad(
      "warning",
      check,
      `${name} has one member: requests wait while that person is away`,
      `az ad group member add --group ${id} --member-id <object id of a person>`,
    );
  return ok(check, `${name} is there and has members`);
}
