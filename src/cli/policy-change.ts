import type { Store } from "../compose-cli.ts";
import { policyNameIn } from "../intake/policy-upload.ts";
import type { PolicyOffice } from "../workflow/activation.ts";
import type { ActivateOutcome, Change, DriftSaid } from "../workflow/administer-policies.ts";
import { formatFindings } from "./findings.ts";
import { operatorHand } from "./operator-hand.ts";
import { json } from "./print.ts";
import { type Context, type ExitCode, Refusal } from "./verb.ts";

/** The options of every verb that changes a policy. */
export const changeOptions = {
  note: { type: "string" },
  author: { type: "string" },
  json: { type: "boolean" },
} as const;

export type Told = { readonly note: string; readonly author: string | undefined };

export function readTold(values: { readonly note?: string | undefined; readonly author?: string | undefined }): Told {
  const note = shortText("--note", values.note, "say why: a change number, a sentence");
  return { note, author: values.author === undefined ? undefined : shortText("--author", values.author, "say who") };
}

/** NAME of a command: a name that a policy can have. */
export function nameOf(text: string): string {
  const name = policyNameIn(text);
  if (name === undefined) throw new Refusal(`NAME is the name of a policy; "${text}" is not`);
  return name;
}

const clock = { now: () => new Date() };

/** Who changes a policy by a command, as it goes on record; on record is also who is signed in, whatever `--author` says. */
export function changeBy({ note, author }: Told, { operator, operatorIds }: Store): Change {
  return { hand: operatorHand({ operator, operatorIds }), author: author ?? operator, note };
}

/** What changing policies needs, over the operator's store. What it leaves to do for the lists, the app's next sweep does. */
export function officeOf({ versions, policyLedger: ledger }: Store): PolicyOffice {
  return { versions, ledger, clock, follow: async () => undefined };
}

export function tellActivation(
  outcome: ActivateOutcome,
  { place }: Store,
  asJson: boolean | undefined,
  out: Context["out"],
): ExitCode {
  if (asJson) out(json({ ...outcome, place }));
  else out(wordsOf(outcome, place));
  return outcome.kind === "activated" ? 0 : 1;
}

function wordsOf(outcome: ActivateOutcome, place: string): string {
  switch (outcome.kind) {
    case "activated": {
      const { name, active, changed, drift } = outcome;
      const done = changed ? "is in force" : "was in force already";
      return `${name} version ${active.version} ${done} in ${place}\nsha256 ${active.sha256}\n${formatDriftSaid(drift)}`;
    }
    case "not-in-force":
      return notInForce(outcome);
    case "refused":
      return `${formatFindings(outcome.faults)}it is not put in force: today's engine does not take it. What is in force stays in force.\n`;
    case "unknown-version":
      return outcome.version === null
        ? `${outcome.name} has no version before the one in force in ${place}\n`
        : `${outcome.name} has no version ${outcome.version} in ${place}\n`;
  }
}

/** What changes for connections that are approved already, when a version says otherwise of drift than the one before. */
export function formatDriftSaid(drift: DriftSaid | undefined): string {
  return drift ? `drift is handled otherwise from now on: ${drift.before} → ${drift.after}\n` : "";
}

export function notInForce({
  name,
  version,
  why,
  inForce,
}: Extract<ActivateOutcome, { kind: "not-in-force" }>): string {
  const kept = `${name} version ${version} is kept and not in force: `;
  if (why === "full") return `${kept}as many policies are in force as may be\n`;
  const now = inForce ? `; version ${inForce.version} is` : "";
  return `${kept}somebody else changed what is in force meanwhile${now}. Look, then "plgate policy activate ${name} ${version}"\n`;
}

const longestText = 1000;

/** The store shows no more than this of a note or an author; to cut what somebody gave as the reason helps nobody. */
function shortText(option: string, given: string | undefined, what: string): string {
  const text = given?.trim() ?? "";
  if (text === "") throw new Refusal(`${option} is missing: ${what}`);
  if (text.length > longestText) throw new Refusal(`${option} is longer than ${longestText} characters`);
  return text;
}
