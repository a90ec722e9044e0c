import { listed } from "./deploy-template.ts";
import { type Answer, type Environment, member, type Outside, readJson, text } from "./outside.ts";

/**
 * The end of the record of decisions, for whoever asked for it by PLGATE_DELETE_RECORD=true.
 *
 * A policy that is not locked is taken away first, because Azure deletes no account with protected blobs. A locked one cannot be:
 * then the record stays, and it is said until when.
 */

export type RecordEnd =
  | { readonly kind: "kept"; readonly group: string; readonly subscription: string }
  | { readonly kind: "gone"; readonly group: string }
  | { readonly kind: "protected"; readonly group: string; readonly container: string; readonly days: number }
  | { readonly kind: "shared"; readonly group: string; readonly others: readonly string[] }
  | { readonly kind: "refused"; readonly group: string; readonly output: string };

const protectedContainers = ["anchors", "archive"];

/** Where the record lies. */
type Place = { readonly group: string; readonly account: string; readonly at: readonly string[] };

/** Deletes the group of the record if that was asked for, and says what became of it. */
export async function deleteRecord(environment: Environment, outside: Outside): Promise<RecordEnd> {
  const group = environment["AZURE_RECORD_GROUP"] || `rg-${environment["AZURE_ENV_NAME"]}-record`;
  const subscription = environment["AZURE_SUBSCRIPTION_ID"] ?? "";
  if (environment["PLGATE_DELETE_RECORD"] !== "true") return { kind: "kept", group, subscription };
  const at = ["--resource-group", group, "--subscription", subscription];
  const inTheWay = await clear({ group, account: environment["AZURE_DATA_ACCOUNT"] ?? "", at }, outside);
  if (inTheWay) return inTheWay;
  const args = ["group", "delete", "--name", group, "--subscription", subscription, "--yes", "--output", "none"];
  return ended(await outside.az(args), group) ?? { kind: "gone", group };
}

/** Looks into the group and takes policies away that are not locked; what stands in the way ends it. */
async function clear(place: Place, outside: Outside): Promise<RecordEnd | undefined> {
  const { group, account } = place;
  const found = await outside.az(["resource", "list", ...place.at, "--output", "json"]);
  if (!found.ok) return isGone(found) ? { kind: "gone", group } : { kind: "refused", group, output: found.output };
  const names = listed(found.output).map((resource) => text(resource, "name"));
  const others = names.filter((name) => name !== account);
  if (others.length > 0) return { kind: "shared", group, others };
  if (names.length === 0) return undefined;
  for (const container of protectedContainers) {
    const end = await unprotect(container, place, outside);
    if (end) return end;
  }
  return undefined;
}

async function unprotect(
  container: string,
  { group, account, at }: Place,
  outside: Outside,
): Promise<RecordEnd | undefined> {
  const policy = ["storage", "container", "immutability-policy"];
  const of = ["--account-name", account, "--container-name", container, ...at];
  const shown = await outside.az([...policy, "show", ...of, "--output", "json"]);
  if (!shown.ok) return ended(shown, group);
  const answer = readJson(shown.output);
  const etag = text(answer, "etag");
  if (etag === "") return undefined;
  if (text(answer, "state") === "Locked") {
    const days = member(answer, "immutabilityPeriodSinceCreationInDays");
    return { kind: "protected", group, container, days: typeof days === "number" ? days : 0 };
  }
  // An etag comes in quotes, which the command line of Windows would read: by a file it arrives as it is.
  const ifMatch = ["--if-match", `@${await outside.file(etag)}`];
  return ended(await outside.az([...policy, "delete", ...of, ...ifMatch, "--output", "none"]), group);
}

/** A refusal ends it; what is gone already is no refusal. */
function ended(answer: Answer, group: string): RecordEnd | undefined {
  return answer.ok || isGone(answer) ? undefined : { kind: "refused", group, output: answer.output };
}

function isGone({ output }: Answer): boolean {
  return /ResourceGroupNotFound|ResourceNotFound|ContainerNotFound|could not be found|does not exist/i.test(output);
}

/** What to tell the person at the terminal. */
export function explainRecordEnd(end: RecordEnd): readonly string[] {
  switch (end.kind) {
    case "kept":
      return [
        `The record of decisions stays in the group ${end.group}, and costs what its storage costs.`,
        "To delete it, too: azd env set PLGATE_DELETE_RECORD true, and then azd hooks run postdown",
      ];
    case "gone":
      return [`The record of decisions is gone (${end.group}).`];
    case "protected":
      return [
        `The record of decisions stays in ${end.group}: the policy of its container ${end.container} is locked.`,
        `Nobody can delete it until ${end.days} days after the last write to that container. Then: azd hooks run postdown`,
      ];
    case "shared":
      return [
        `The record of decisions stays: the group ${end.group} holds what is not plgate's (${end.others.join(", ")}).`,
        "Move it elsewhere, and then: azd hooks run postdown",
      ];
    case "refused":
      return [
        `The record of decisions could not be deleted (${end.group}).`,
        end.output,
        "Again: azd hooks run postdown",
      ];
  }
}
