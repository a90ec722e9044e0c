import { subscriptionsWithRights } from "./after-provision.ts";
import { deleteRecord, explainRecordEnd, type RecordEnd } from "./delete-record.ts";
import { type Environment, type Outside, remember, runHook } from "./outside.ts";
import { listAssignments, listRoles, type Role, takeAway } from "./role-assignments.ts";
import { removeWatch, subscriptionsEverWatched } from "./watch-subscriptions.ts";

/**
 * After `azd down`: takes away what azd does not know. The assignments of plgate's identity in every subscription, the topics, the
 * custom roles; and the record of decisions, only if PLGATE_DELETE_RECORD says so.
 *
 * Each part is looked for and taken away by itself: what fails is told and does not stop the rest, what is gone already is no
 * failure. Running it again does what is left: azd hooks run postdown.
 */

export type Removal = {
  /** What was taken away, in the person's words. */
  readonly gone: readonly string[];
  /** What could not be, and why. */
  readonly left: readonly string[];
  readonly record: RecordEnd;
};

/** Takes everything away that is plgate's outside of its own group. */
export async function removeTraces(environment: Environment, outside: Outside): Promise<Removal> {
  const gone: string[] = [];
  const left: string[] = [];
  const note = (what: string, answer: { readonly ok: boolean; readonly output?: string }) => {
    if (answer.ok) gone.push(what);
    else left.push(`${what}: ${answer.output?.trim() ?? ""}`);
  };
  const unwatched = await removeTopics(environment, outside, note);
  const roles = await listRoles(environment, outside);
  if (!roles.ok) note("the custom roles of plgate (they could not be listed)", roles);
  await removeRights(environment, roles.ok ? roles.value : [], outside, note);
  for (const role of roles.ok ? roles.value : []) note(`the custom role ${role.name}`, await removeRole(role, outside));
  const record = await deleteRecord(environment, outside);

  // Only what is really gone is forgotten, so that the next run finds the rest.
  const values = { ...(unwatched ? { AZURE_WATCHED_SUBSCRIPTIONS: "" } : {}), ...forgetRights(environment, left) };
  note("the notes in azd's environment", await remember(environment, values, outside));
  return { gone: gone.filter((what) => !what.startsWith("the notes")), left, record };
}

type Note = (what: string, answer: { readonly ok: boolean; readonly output?: string }) => void;

async function removeTopics(environment: Environment, outside: Outside, note: Note): Promise<boolean> {
  let all = true;
  for (const subscription of subscriptionsEverWatched(environment)) {
    const removed = await removeWatch(subscription, environment, outside);
    note(`the topics in the subscription ${subscription}`, removed);
    all &&= removed.ok;
  }
  return all;
}

async function removeRights(
  environment: Environment,
  roles: readonly Role[],
  outside: Outside,
  note: Note,
): Promise<void> {
  const principal = environment["AZURE_RIGHTS_PRINCIPAL_ID"] || environment["AZURE_IDENTITY_PRINCIPAL_ID"] || "";
  if (principal === "") return;
  for (const subscription of subscriptionsWithRights(environment)) {
    const given = await listAssignments(subscription, principal, roles, outside);
    if (!given.ok) note(`the rights in the subscription ${subscription} (they could not be listed)`, given);
    for (const one of given.ok ? given.value : []) note(`${one.role} on ${one.scope}`, await takeAway(one.id, outside));
  }
}

/** A role that somebody else still holds, as an operator who reads the kept record does, stays. */
async function removeRole(role: Role, outside: Outside): Promise<{ readonly ok: boolean; readonly output: string }> {
  const answer = await takeAway(role.id, outside);
  if (answer.ok || !/RoleDefinitionHasAssignments/i.test(answer.output)) return answer;
  return { ok: false, output: "people or groups still hold it; take it from them, and run azd hooks run postdown" };
}

function forgetRights(environment: Environment, left: readonly string[]): Readonly<Record<string, string>> {
  if (left.length > 0 || !environment["AZURE_RIGHTS_PRINCIPAL_ID"]) return {};
  return { AZURE_RIGHTS_PRINCIPAL_ID: "", AZURE_RIGHTS_SUBSCRIPTIONS: "" };
}

/** What to tell the person at the terminal. */
export function explainRemoval({ gone, left, record }: Removal): string {
  return [
    ...gone.map((what) => `Gone: ${what}`),
    ...left.map((what) => `Still there: ${what}`),
    ...(left.length > 0 ? ["When it is mended: azd hooks run postdown"] : []),
    ...explainRecordEnd(record),
  ].join("\n");
}

if (import.meta.main) {
  await runHook(async (environment, outside) => {
    const removal = await removeTraces(environment, outside);
    outside.say(explainRemoval(removal));
    return removal.left.length === 0 && removal.record.kind !== "refused";
  });
}
