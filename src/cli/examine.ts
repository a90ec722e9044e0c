import type { Api, ApiAnswer, Store } from "../compose-cli.ts";
import { version as ownVersion } from "../runtime/version.ts";
import { listOf, textOf } from "./ask-api.ts";
import { bad, type Examined, ok } from "./examined.ts";
import type { Context } from "./verb.ts";
import { member } from "./where.ts";

const tellTimesMs = { uneasy: 30_000, refused: 60_000 };

/** What was found about the app, its own list of services, and the mode it is in; undefined where it did not say. */
export type AppSight = {
  readonly found: readonly Examined[];
  readonly services: unknown;
  readonly mode: string | undefined;
};

/** The sight of an app that says no more. */
export const silent = { services: undefined, mode: undefined } as const;

/** How the app is asked: with a way to a token or without, at which time, and the mode that the deployment was told. */
export type AppWish = { readonly hasDoor: boolean; readonly now: () => Date; readonly mode: string | undefined };

/** Looks at the app from outside: whether it answers, its clock, sign-in, and what it says of itself. */
export async function examineApp(api: Api, { hasDoor, now, mode }: AppWish): Promise<AppSight> {
  const alive = await asked(api, { method: "GET", path: "/api/health", anonymous: true });
  if ("fault" in alive) return { found: [bad("failed", "app", alive.fault, unreachable)], ...silent };
  const found = [lives(alive), clockOf(alive, now())];
  if (found[0]?.status === "failed") return { found, ...silent };
  const skipped = bad("skipped", "sign-in", "no way to a token is known", sayWho);
  if (!hasDoor) return { found: [...found, skipped], ...silent };
  const list = await asked(api, { method: "GET", path: "/api/requests?top=1" });
  const sign = "fault" in list ? bad("failed", "sign-in", list.fault, signInFirst) : signIn(list);
  if (sign.status !== "ok") return { found: [...found, sign], ...silent };
  const [health, services] = await Promise.all([
    asked(api, { method: "GET", path: "/api/health" }),
    asked(api, { method: "GET", path: "/api/services" }),
  ]);
  const said = "fault" in health ? [bad("failed", "health", health.fault, unreachable)] : reported(health, mode);
  return {
    found: [...found, sign, ...said],
    services: "fault" in services ? undefined : services.body,
    mode: "fault" in health ? undefined : (textOf(health.body, "mode") ?? undefined),
  };
}

type Asked = ApiAnswer | { readonly fault: string };

/** A fault on the way is a finding like others; only a bug is thrown. */
async function asked(api: Api, call: Parameters<Api["call"]>[0]): Promise<Asked> {
  try {
    return await api.call(call);
  } catch (error) {
    return { fault: faultIn(error) };
  }
}

function faultIn(error: unknown): string {
  if (error instanceof Error && "retryable" in error) return error.message;
  throw error;
}

const unreachable =
  "Is the address right, and the function app started? az functionapp show --name $AZURE_FUNCTION_APP --resource-group $AZURE_RESOURCE_GROUP --query state";
const sayWho = "Say --audience ID (or set PLGATE_API_AUDIENCE) to go by az login, or give a token in PLGATE_API_TOKEN.";
const signInFirst =
  "Run az login in the tenant of plgate. The Azure CLI has to be allowed to ask for tokens of the API (docs/deploy.md), or give a token in PLGATE_API_TOKEN.";

function lives({ status, body }: ApiAnswer): Examined {
  const said = member(body, "status");
  if (status === 200 && said === "alive") return ok("app", "it is alive");
  if (status === 503 && said === "unhealthy") {
    return bad(
      "failed",
      "app",
      "it runs and cannot start plgate: a setting is wrong, or storage does not answer",
      'Its log names every wrong setting. In Application Insights: traces | where message has "plgate cannot start" | top 1 by timestamp',
    );
  }
  const remedy = "Is it the address of plgate, and was the code deployed? azd deploy";
  return bad("failed", "app", `HTTP ${status}, and not the words of plgate`, remedy);
}

function clockOf({ date }: ApiAnswer, now: Date): Examined {
  if (date === null)
    return bad("skipped", "clock", "the answer tells no time", "A proxy on the way may have removed it.");
  const apart = Math.abs(now.getTime() - date.getTime());
  const detail = `this machine and the app are ${Math.round(apart / 1000)} s apart`;
  const remedy = "Set the clock of this machine by a time server: tokens and deadlines are read with it.";
  if (apart > tellTimesMs.refused) return bad("failed", "clock", detail, remedy);
  return apart > tellTimesMs.uneasy ? bad("warning", "clock", detail, remedy) : ok("clock", detail);
}

function signIn({ status, body }: ApiAnswer): Examined {
  switch (status) {
    case 200:
      return ok("sign-in", "the app reads the keys of Entra and takes your token");
    case 401:
      return bad(
        ...(["failed", "sign-in", "the app does not take your token"] as const),
        "It has to be for PLGATE_API_AUDIENCE and of the tenant PLGATE_TENANT_ID, in version 2 (infra/entra-app.json sets it).",
      );
    case 403:
      return bad(
        ...(["failed", "sign-in", "you have none of the app roles Reader, Approver, PolicyAuthor"] as const),
        "Assign one to you or your group on the enterprise application of the API (docs/deploy.md), and sign in anew.",
      );
    default: {
      const said = member(body, "detail");
      const detail = `HTTP ${status}${typeof said === "string" ? `: ${said}` : ""}`;
      const remedy = "The app cannot read the keys of Entra, or storage does not answer: its log says which.";
      return bad("failed", "sign-in", detail, remedy);
    }
  }
}

const remedies: Readonly<Record<string, string>> = {
  policies: "plgate policy list shows what is in force, plgate policy publish puts it right.",
  "policy-record": "plgate policy list shows every version; publish the right one again, so that it is on record.",
  services: "PLGATE_SERVICE_RESOURCE_GROUPS has to name the groups of the services; new rights take some minutes.",
  outbox: "What waits is tried again by itself. If it stays, the log names what fails.",
  requests:
    "GET /api/requests?status=failed names them and why; what Azure refused is tried again when something changes.",
  anchors: "The timer anchor runs once an hour (PLGATE_ANCHOR_SCHEDULE) and needs the role plgate audit writer.",
  teams: "docs/teams-setup.md walks through it; plgate teams test tells which step fails.",
};

function reported({ status, body }: ApiAnswer, wanted: string | undefined): readonly Examined[] {
  const checks = member(body, "checks");
  if (!Array.isArray(checks)) return [bad("failed", "health", `HTTP ${status}, and no report`, unreachable)];
  const mode = member(body, "mode");
  return [versionOf(member(body, "version")), rolesOf(body), modeOf(mode, wanted), ...checks.map(checkIn)];
}

function versionOf(version: unknown): Examined {
  if (version === ownVersion) return ok("version", `the app is version ${ownVersion}, as this checkout`);
  const said = typeof version === "string" ? `version ${version}` : "a version that does not name itself";
  return bad(
    "warning",
    "version",
    `the app is ${said}, this checkout ${ownVersion}`,
    "azd deploy, or check out what runs",
  );
}

function rolesOf(body: unknown): Examined {
  const roles = listOf(member(body, "caller"), "roles").map(String);
  if (roles.length > 0) return ok("your roles", roles.join(", "));
  const remedy = "An older version of plgate does not say; azd deploy brings this one.";
  return bad("skipped", "your roles", "the app does not say which app roles you have", remedy);
}

function modeOf(mode: unknown, wanted: string | undefined): Examined {
  if (wanted !== undefined && mode !== wanted) {
    const detail = `the app is in ${String(mode)}, PLGATE_MODE says ${wanted}`;
    return bad("warning", "mode", detail, "azd provision brings the setting to the app.");
  }
  if (mode !== "observe") return ok("mode", String(mode));
  const remedy = "When you agree with what the audit says: azd env set PLGATE_MODE approve-only, azd provision.";
  return bad("warning", "mode", "observe: plgate decides and records, asks nobody and writes nothing", remedy);
}

function checkIn(one: unknown): Examined {
  const [name, status, detail] = ["name", "status", "detail"].map((key) => String(member(one, key)));
  const check = `health: ${name}`;
  if (status === "healthy") return ok(check, detail ?? "");
  const remedy = remedies[name ?? ""] ?? "docs/deploy.md, when it does not work";
  return bad(status === "degraded" ? "warning" : "failed", check, detail ?? "", remedy);
}

const nobody = "00000000-0000-0000-0000-000000000000";

/** Whether the operator may read the tables that the commands go to; each is tried by a read that costs next to nothing. */
export async function examineStore(store: Store): Promise<readonly Examined[]> {
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    policies: () => store.policies.list(),
    consumers: () => store.consumers.find(nobody),
    ledger: () => store.audit.trail.chains()[Symbol.asyncIterator]().next(),
    lists: () => store.index.searchAudit({ top: 1 }),
  };
  const found: Examined[] = [];
  for (const [table, read] of Object.entries(reads)) found.push(await readable(`storage: ${table}`, read));
  return [...found, await queueOf(store)];
}

/** Only the commands "plgate ops" go there, so an operator without that right is told, no more. */
async function queueOf({ parked }: Store): Promise<Examined> {
  const check = "storage: queue";
  try {
    const { count } = await parked.waiting();
    if (count === 0) return ok(check, "you may read it; no wake-up was given up");
    return bad("warning", check, `${count} wake-up(s) failed too often and are parked`, "plgate ops parked");
  } catch (error) {
    const remedy =
      'For "plgate ops" you need Storage Queue Data Contributor on the queue reviews-poison of the data account.';
    return bad("warning", check, faultIn(error), remedy);
  }
}

async function readable(check: string, read: () => Promise<unknown>): Promise<Examined> {
  try {
    await read();
    return ok(check, "you may read it");
  } catch (error) {
    return bad("failed", check, faultIn(error), storageRemedy);
  }
}

/** What to do where the operator does not reach the store. */
export const storageRemedy =
  "You need Storage Table Data Reader on the data account for reading, Storage Table Data Contributor for publishing (docs/policies.md).";

/** What the environment says, so that a wrong address is seen before it is looked for. */
export function examineSettings(
  environment: Context["environment"],
  url: string | undefined,
  account: string | undefined,
): Examined {
  const cloud = environment["PLGATE_CLOUD"] || "public";
  const detail = `app ${url ?? "-"}, storage ${account ?? "-"}, cloud ${cloud}`;
  if (url !== undefined && account !== undefined) return ok("settings", detail);
  const missing = [...(url === undefined ? ["--url"] : []), ...(account === undefined ? ["--storage-account"] : [])];
  const remedy = `Give ${missing.join(" and ")}; after a deployment: set -a; eval "$(azd env get-values)"; set +a`;
  return bad("warning", "settings", detail, remedy);
}
