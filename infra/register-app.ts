import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listed } from "./deploy-template.ts";
import { type Answer, type Environment, items, member, type Outside, readJson, remember, text } from "./outside.ts";

/**
 * The app registration of plgate's API, made from entra-app.json where PLGATE_API_AUDIENCE names none.
 *
 * Entra allows many applications of one name, so a second try after a lost answer could make a second one. The application
 * therefore has a uniqueName that follows from subscription and environment, and is made by Graph's upsert on it: however
 * often that is sent, there is one. Each later step looks first and adds only what is missing; addresses, roles and people
 * that somebody added stay.
 */

/** How it ended. `named`: somebody registered one by hand, and it is left alone. */
export type Registration =
  | { readonly kind: "named" }
  | { readonly kind: "registered"; readonly appId: string; readonly notes: readonly string[] }
  | { readonly kind: "refused"; readonly step: string; readonly output: string }
  | { readonly kind: "not-kept"; readonly output: string };

/** The Azure CLI as an application, the same in every tenant, and the scope of entra-app.json that it is let use. */
const azureCli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

type Entra = {
  readonly graph: string;
  readonly uniqueName: string;
  readonly environment: Environment;
  readonly outside: Outside;
};
type Found = { readonly objectId: string; readonly appId: string; readonly app: unknown };

class Refused extends Error {
  readonly step: string;
  constructor(step: string, output: string) {
    super(output);
    this.step = step;
  }
}

/** Finds or makes the registration and keeps its id in azd's environment. */
export async function registerApp(environment: Environment, outside: Outside): Promise<Registration> {
  // One that was made here is looked at again: the steps after it may have been cut off.
  const named = environment["PLGATE_API_AUDIENCE"];
  if (named && named !== environment["AZURE_APP_REGISTRATION"]) return { kind: "named" };
  try {
    const entra = await open(environment, outside);
    const found = (await find(entra)) ?? (await make(entra));
    const { appId } = found;
    const values = { AZURE_APP_REGISTRATION: appId, PLGATE_API_AUDIENCE: appId };
    const kept = await remember(environment, values, outside);
    if (!kept.ok) return { kind: "not-kept", output: kept.output };
    await completeApp(entra, found);
    const principal = await findOrMakePrincipal(entra, appId);
    return { kind: "registered", appId, notes: await giveReader(entra, principal) };
  } catch (error) {
    if (error instanceof Refused) return { kind: "refused", step: error.step, output: error.message };
    throw error;
  }
}

/** The name that makes an upsert find the same application again. */
export function uniqueName(environment: Environment): string {
  const of = `${environment["AZURE_SUBSCRIPTION_ID"]?.toLowerCase()}\n${environment["AZURE_ENV_NAME"]}`;
  return `plgate-${createHash("sha256").update(of).digest("hex").slice(0, 32)}`;
}

async function open(environment: Environment, outside: Outside): Promise<Entra> {
  const cloud = await outside.az(["cloud", "show", "--output", "json"]);
  const graph = text(readJson(cloud.output), "endpoints", "microsoftGraphResourceId") || "https://graph.microsoft.com/";
  return { graph: `${graph.replace(/\/+$/, "")}/v1.0`, uniqueName: uniqueName(environment), environment, outside };
}

async function find(entra: Entra): Promise<Found | undefined> {
  const answer = await graph(entra, "GET", `/applications(uniqueName='${entra.uniqueName}')`);
  if (answer.ok) return read(readJson(answer.output));
  if (isMissing(answer)) return undefined;
  throw new Refused("look for the app registration", answer.output);
}

async function make(entra: Entra): Promise<Found> {
  entra.outside.say("Registering the API of plgate in Entra ID.");
  const described = readJson(await readFile(join(import.meta.dirname, "entra-app.json"), "utf8"));
  const name = `plgate (${entra.environment["AZURE_ENV_NAME"]})`;
  const body = { ...(typeof described === "object" ? described : {}), displayName: name };
  const made = await graph(entra, "PATCH", `/applications(uniqueName='${entra.uniqueName}')`, body);
  if (!made.ok) throw new Refused("register the application", made.output);
  // Entra's copies agree after a while: what was made a second ago may not be found yet.
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const found = await find(entra);
    if (found) return found;
    await entra.outside.wait(5_000);
  }
  throw new Refused(
    "find the application that was just registered",
    "It does not show up yet. Run it again in a minute.",
  );
}

function read(app: unknown): Found {
  return { objectId: text(app, "id"), appId: text(app, "appId"), app };
}

/** What entra-app.json cannot hold, because it needs the application's own id, and the Azure CLI's leave to ask for tokens. */
async function completeApp(entra: Entra, { objectId, appId, app }: Found): Promise<void> {
  const uri = `api://${appId}`;
  const uris = items(member(app, "identifierUris"));
  const scopes = items(member(app, "api", "oauth2PermissionScopes")).map((scope) => text(scope, "id"));
  const clients = items(member(app, "api", "preAuthorizedApplications"));
  const mayCli = entra.environment["PLGATE_ALLOW_AZURE_CLI"] !== "false";
  const hasCli = clients.some((client) => text(client, "appId") === azureCli);
  const others = clients.filter((client) => text(client, "appId") !== azureCli);
  const allowed = mayCli ? [...others, { appId: azureCli, delegatedPermissionIds: scopes }] : others;
  const change = {
    ...(uris.includes(uri) ? {} : { identifierUris: [...uris, uri] }),
    ...(mayCli === hasCli ? {} : { api: { preAuthorizedApplications: allowed } }),
  };
  if (Object.keys(change).length === 0) return;
  const done = await graph(entra, "PATCH", `/applications/${objectId}`, change);
  if (!done.ok) throw new Refused("complete the app registration", done.output);
}

/** The application's face in this tenant. Only people and applications with a role get a token of it. */
async function findOrMakePrincipal(entra: Entra, appId: string): Promise<unknown> {
  const path = `/servicePrincipals(appId='${appId}')`;
  const looked = await graph(entra, "GET", path);
  if (!looked.ok && !isMissing(looked)) throw new Refused("look for the enterprise application", looked.output);
  const there = looked.ok ? readJson(looked.output) : await makePrincipal(entra, appId);
  if (member(there, "appRoleAssignmentRequired") === true) return there;
  const set = await graph(entra, "PATCH", `/servicePrincipals/${text(there, "id")}`, {
    appRoleAssignmentRequired: true,
  });
  if (!set.ok) throw new Refused("ask for a role before a token is given", set.output);
  return there;
}

async function makePrincipal(entra: Entra, appId: string): Promise<unknown> {
  // A new application may not be known everywhere yet.
  for (let attempt = 0; ; attempt += 1) {
    const made = await graph(entra, "POST", "/servicePrincipals", { appId, appRoleAssignmentRequired: true });
    if (made.ok) return readJson(made.output);
    if (attempt === 11) throw new Refused("make the enterprise application", made.output);
    await entra.outside.wait(5_000);
  }
}

/** Lets whoever deploys see what plgate does, so that `plgate doctor` answers. Nobody gets more than that here. */
async function giveReader(entra: Entra, principal: unknown): Promise<readonly string[]> {
  const id = text(principal, "id");
  const reader = items(member(principal, "appRoles")).find((role) => text(role, "value") === "Reader");
  const me = await graph(entra, "GET", "/me");
  if (!me.ok) return [`Nobody was given the role Reader: az is not signed in as a person. ${howToGive(id)}`];
  const given = await entra.outside.az([
    ...["rest", "--method", "GET", "--url", `${entra.graph}/me/appRoleAssignments`, "--output", "json"],
    ...["--url-parameters", `$filter=resourceId eq ${id}`],
  ]);
  if (given.ok && listed(given.output).some((one) => text(one, "resourceId") === id)) return [];
  const assignment = { principalId: text(readJson(me.output), "id"), resourceId: id, appRoleId: text(reader, "id") };
  const done = await graph(entra, "POST", `/servicePrincipals/${id}/appRoleAssignedTo`, assignment);
  if (done.ok || /already exists/i.test(done.output)) return ["You were given the role Reader of plgate's API."];
  return [`You could not be given the role Reader: ${done.output.trim()} ${howToGive(id)}`];
}

function howToGive(id: string): string {
  return `Give roles in the portal (Enterprise applications, object id ${id}, Users and groups) or as docs/deploy.md shows.`;
}

async function graph(
  { graph: root, outside }: Entra,
  method: "GET" | "PATCH" | "POST",
  path: string,
  body?: object,
): Promise<Answer> {
  const upsert = method === "PATCH" && path.includes("(uniqueName=");
  return outside.az([
    ...["rest", "--method", method, "--url", `${root}${path}`, "--output", "json"],
    ...(body ? ["--body", `@${await outside.file(JSON.stringify(body))}`] : []),
    ...(body ? ["--headers", "Content-Type=application/json", ...(upsert ? ["Prefer=create-if-missing"] : [])] : []),
  ]);
}

function isMissing(answer: Answer): boolean {
  return /Request_ResourceNotFound|ResourceNotFound|Not Found|does not exist/i.test(answer.output);
}

/** What to tell the person at the terminal. */
export function explainRegistration(outcome: Registration): readonly string[] {
  switch (outcome.kind) {
    case "named":
      return [];
    case "registered":
      return [...outcome.notes, `The API of plgate is registered in Entra ID as ${outcome.appId}.`];
    case "refused":
      return [
        `Entra ID refused to ${outcome.step}.`,
        outcome.output,
        "You need a role that may register applications (Application Developer), or somebody who has it registers plgate by hand",
        "(docs/deploy.md, the API in Entra ID) and gives you the id: azd env set PLGATE_API_AUDIENCE <application id>",
      ];
    case "not-kept":
      return [`The id of the app registration could not be kept in azd's environment.`, outcome.output];
  }
}
