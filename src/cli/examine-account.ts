import type { Azure, Reading } from "../compose-cli.ts";
import { numberOf, textOf } from "./ask-api.ts";
import { azdValues } from "./examine-app.ts";
import { bad, type Examined, needsReader, ok, unread } from "./examined.ts";
import type { Surroundings } from "./surroundings.ts";
import { member } from "./where.ts";

type How = Pick<Surroundings, "subscriptionId" | "recordGroup" | "account" | "isLocal">;

const query = { "api-version": "2024-01-01" };
const check = "data account";
const protectedContainers = ["anchors", "archive"] as const;

/** How the account with the record is set, and whether the evidence in it is protected. */
export async function examineAccount({ arm }: Azure, how: How): Promise<readonly Examined[]> {
  const { subscriptionId, recordGroup, account } = how;
  if (how.isLocal) return [bad("skipped", check, "the local stack has none as a resource", "Its storage is Azurite.")];
  if (!subscriptionId || !recordGroup || !account) return [bad("skipped", check, "its name is not known", azdValues)];
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${recordGroup}`;
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/${account}`;
  const [itself, ...containers] = await Promise.all([
    arm.one(id, { query }),
    ...protectedContainers.map((name) => arm.one(`${id}/blobServices/default/containers/${name}`, { query })),
  ]);
  if (itself.kind !== "read") {
    const absent = bad("failed", check, `there is no account ${account} in ${recordGroup}`, "azd provision");
    return [unread(check, itself, { absent, needs: needsReader(group) })];
  }
  const evidence = protectedContainers.map((name, at) =>
    judgeContainer(name, containers[at] ?? { kind: "absent" }, { account, recordGroup }),
  );
  return [...judgeAccount(itself.value, { account, recordGroup }), ...evidence];
}

type Names = { readonly account: string; readonly recordGroup: string };

/** The findings about a storage account. Pure. */
export function judgeAccount(resource: unknown, { account, recordGroup }: Names): readonly Examined[] {
  const properties = member(resource, "properties");
  const update = `az storage account update --name ${account} --resource-group ${recordGroup}`;
  const rules = [
    [member(properties, "allowSharedKeyAccess") === false, "its keys open it", "--allow-shared-key-access false"],
    [
      member(properties, "allowBlobPublicAccess") === false,
      "blobs may be made public",
      "--allow-blob-public-access false",
    ],
    [member(properties, "supportsHttpsTrafficOnly") === true, "it answers without TLS", "--https-only true"],
    [
      /^TLS1_[23]$/.test(textOf(properties, "minimumTlsVersion") ?? ""),
      "it takes TLS before 1.2",
      "--min-tls-version TLS1_2",
    ],
  ] as const;
  const broken = rules.filter(([isFine]) => !isFine);
  if (broken.length === 0) return [ok(check, "no keys, nothing public, TLS 1.2")];
  return broken.map(([, what, option]) => bad("failed", check, what, `${update} ${option}`));
}

/** The finding about one container of evidence. Pure. */
export function judgeContainer(name: string, reading: Reading, { account, recordGroup }: Names): Examined {
  const title = `evidence: ${name}`;
  if (reading.kind !== "read") {
    const absent = bad("failed", title, "the container is not there", "azd provision");
    return unread(title, reading, { absent, needs: needsReader(scopeOf({ account, recordGroup })) });
  }
  const properties = member(reading.value, "properties");
  const policy = member(member(properties, "immutabilityPolicy"), "properties");
  const days = numberOf(policy, "immutabilityPeriodSinceCreationInDays");
  if (member(properties, "hasImmutabilityPolicy") !== true || days === 0) {
    return bad(
      "failed",
      title,
      "whoever administers the account can change and delete what is in it",
      "azd provision (with PLGATE_AUDIT_POLICIES_LOCKED false it writes the policy)",
    );
  }
  const state = textOf(policy, "state") ?? "Unlocked";
  if (state === "Locked") return ok(title, `protected for ${days} days, locked`);
  const at = `--resource-group ${recordGroup} --account-name ${account} --container-name ${name}`;
  const remedy = `Once you mean it (docs/deploy.md, "Lock the record"): az storage container immutability-policy lock ${at} --if-match "$(az storage container immutability-policy show ${at} --query etag --output tsv)"`;
  return bad(
    "warning",
    title,
    `protected for ${days} days, but not locked: an administrator can take the policy away`,
    remedy,
  );
}

function scopeOf({ account, recordGroup }: Names): string {
  return `"$(az storage account show --name ${account} --resource-group ${recordGroup} --query id --output tsv)"`;
}
