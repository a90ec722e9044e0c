import type { Azure } from "../compose-cli.ts";
import { listOf, shortId, textOf } from "./ask-api.ts";
import { bad, type Examined, needsReader, ok, unread } from "./examined.ts";
import { member } from "./where.ts";

/** How one watched service is set, by the app's own list or by ARM. */
export type ServiceSettings = {
  readonly id: string;
  readonly autoApproval: readonly string[];
  readonly visibility: readonly string[];
  /** Null where the source does not tell. */
  readonly proxyProtocol: boolean | null;
};

const query = { "api-version": "2026-01-01" };

/**
 * The services in the groups of the settings, read as the operator: what is there even where the app cannot see it.
 * `id` may be that of a group or of one service.
 */
export async function readServices(
  { arm }: Azure,
  groups: readonly string[],
): Promise<{ readonly services: readonly ServiceSettings[]; readonly faults: readonly Examined[] }> {
  const read = await Promise.all(
    groups.map(async (group) => {
      const reading = await arm.all(`${group}/providers/Microsoft.Network/privateLinkServices`, { query });
      if (reading.kind === "read") return { services: reading.value.map(serviceInArm), faults: [] };
      const remedy = `az group show --name ${shortId(group)} --subscription ${group.split("/")[2] ?? ""}`;
      const absent = bad("failed", "services", `${group} is not there`, remedy);
      return { services: [], faults: [unread("services", reading, { absent, needs: needsReader(group) })] };
    }),
  );
  return { services: read.flatMap(({ services }) => services), faults: read.flatMap(({ faults }) => faults) };
}

function serviceInArm(one: unknown): ServiceSettings {
  const properties = member(one, "properties");
  return {
    id: textOf(one, "id") ?? "",
    autoApproval: subscriptionsIn(member(properties, "autoApproval")),
    visibility: subscriptionsIn(member(properties, "visibility")),
    proxyProtocol: member(properties, "enableProxyProtocol") === true,
  };
}

function subscriptionsIn(list: unknown): readonly string[] {
  return listOf(list, "subscriptions").filter((one) => typeof one === "string");
}

/** What the app's `GET /services` says, in the same words. */
export function servicesInAnswer(answer: unknown): readonly ServiceSettings[] {
  return listOf(answer, "value").map((one) => ({
    id: textOf(one, "id") ?? "",
    autoApproval: listOf(one, "autoApproval").filter((entry) => typeof entry === "string"),
    visibility: listOf(one, "visibility").filter((entry) => typeof entry === "string"),
    proxyProtocol: null,
  }));
}

/** What an owner should know of how a service is set. All of it is the owner's to decide: plgate changes none. Pure. */
export function judgeService({ id, autoApproval, visibility, proxyProtocol }: ServiceSettings): readonly Examined[] {
  const check = `service: ${shortId(id)}`;
  const update = `az network private-link-service update --ids ${id}`;
  const found: Examined[] = [];
  if (autoApproval.length > 0) {
    const detail = `Azure approves ${autoApproval.length} subscription(s) by itself, and no policy is asked: ${autoApproval.slice(0, 3).join(", ")}`;
    found.push(bad("warning", check, detail, `${update} --auto-approval "[]"`));
  }
  if (visibility.includes("*")) {
    const remedy = `If only known subscriptions may ask: ${update} --visibility <subscription ids>`;
    found.push(bad("warning", check, "anyone with the alias may ask for a connection", remedy));
  }
  if (proxyProtocol === false) {
    const detail = "without the PROXY protocol the backend cannot tell the consumers of one NAT address apart";
    const remedy = `If the backend can read its header (docs/links.md): ${update} --enable-proxy-protocol true`;
    found.push(bad("warning", check, detail, remedy));
  }
  return found.length > 0 ? found : [ok(check, "nobody gets past plgate by its settings")];
}
