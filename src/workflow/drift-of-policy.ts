import type { Connection } from "../connection/connection.ts";
import { driftTermsOf } from "../policy/evaluate.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import { connectionKey } from "../requests/request-id.ts";
import { isStricter, markOf, readMark, stageOf } from "./drift-handling.ts";
import { affordable, type DriftLook } from "./drift-look.ts";
import { ask, type Drifted, foundOf } from "./drift-steps.ts";
import { clearFinding, type Found, tellFindings } from "./findings.ts";
import type { Judgement } from "./judge.ts";
import { type Asked, askedFor, judgeLive } from "./judge-live.ts";

type Held = { readonly connection: Connection; readonly approval: LiveApproval };
type Judged = Held & Drifted & { readonly judgement: Judgement };

const judgedAtOnce = 8;
/** Facts that could not be read are read again then, should nothing else happen at the service. */
const againAfterMs = 3_600_000;

/**
 * Approvals that the policies in force would not give any more. Each is held against them once: the approval's row then says which
 * ones it stands on. What policy approved, it has to approve still; what people approved, policy only has no right to reject.
 * Facts that cannot be read are no drift. Nothing is judged while the policies cannot be told.
 */
export async function findNoLongerApproved(look: DriftLook): Promise<void> {
  if (look.policies === undefined) return;
  const due = affordable(
    look.review.service.connections.flatMap((connection) => toHold(connection, look)),
    look,
  );
  for (let at = 0; at < due.length && !look.review.mustStop(); at += judgedAtOnce) {
    const some = due.slice(at, at + judgedAtOnce);
    const judged = await Promise.all(some.map((one) => judgeOne(one, look)));
    await settle(judged, look);
  }
}

function toHold(connection: Connection, { approvals, findings, review, policies, under }: DriftLook): readonly Held[] {
  const approval = approvals.get(connection.ref.id);
  if (!approval || connection.status !== "Approved" || review.openOn(connection.ref.id)) return [];
  const mark = readMark(findings.get(keyOf(connection))?.mark);
  const isHandled = mark === undefined || mark.under === under;
  return approval.judgedBy === policies && isHandled ? [] : [{ connection, approval }];
}

async function judgeOne({ connection, approval }: Held, { review, ports, findings }: DriftLook): Promise<Judged> {
  const stored = await ports.ledger.request(approval.requestId);
  const asked: Asked = stored ? await askedFor(stored.request, ports) : { at: approval.since, message: undefined };
  const judgement = await judgeLive(review.service, connection, asked, review.open.all, review.policies, ports);
  const by = approval.by === "people" ? "People approved it" : "Policy approved it";
  return {
    ...{ connection, approval, judgement, kind: "no-longer-approved", cause: "policy", key: keyOf(connection) },
    what: `${by}, and the policies in force ${judgement.verdict.effect === "reject" ? "reject it" : "would not"}.`,
    terms: driftTermsOf(review.policies.inForce, judgement.gathered.facts, ports.settings),
    standing: findings.get(keyOf(connection)),
  };
}

/** First what was found, then that it was judged: whoever dies in between finds it again, and finds it told. */
async function settle(judged: readonly Judged[], look: DriftLook): Promise<void> {
  const { review, ports } = look;
  const told = judged.filter((one) => !isUntold(one));
  if (told.length < judged.length) review.lookAgainBy(new Date(ports.clock.now().getTime() + againAfterMs));
  const recorded: Found[] = [];
  for (const one of told) {
    if (review.mustStop()) return;
    recorded.push(...(stillStands(one) ? await carryOn(one, look) : await handle(one, look)));
  }
  await tellFindings(recorded, review, ports);
  if (review.doubt !== undefined) return;
  for (const { approval } of told) await remember(approval, look);
}

async function remember(approval: LiveApproval, { review, policies }: DriftLook): Promise<void> {
  // People were asked a moment ago: their answer writes the row anew.
  if (policies === undefined || review.openOn(approval.connectionId) || approval.judgedBy === policies) return;
  await review.standing.remember({ ...approval, judgedBy: policies });
}

function isUntold({ judgement: { verdict } }: Judged): boolean {
  return verdict.effect === "review" && verdict.unavailable.length > 0;
}

function stillStands({ approval, judgement: { verdict } }: Judged): boolean {
  return approval.by === "people" ? verdict.effect !== "reject" : verdict.effect === "approve";
}

async function carryOn({ standing }: Judged, { review, ports }: DriftLook): Promise<readonly Found[]> {
  if (standing) await clearFinding(standing, "The policies in force approve it.", review, ports);
  return [];
}

async function handle(judged: Judged, look: DriftLook): Promise<readonly Found[]> {
  const { review, ports } = look;
  const { approval, judgement, terms, standing } = judged;
  const stage = stageOf(terms, judgement, ports.settings.mode, judgement.verdict.effect === "reject");
  const before = readMark(standing?.mark);
  const what = `${approval.requestId} ${judgement.verdict.effect}`;
  const isNew = before?.what !== what;
  const mark = markOf({ what, stage, under: look.under });
  const isStronger = isNew || isStricter(stage, before.stage);
  if (isStronger && (stage === "escalate" || stage === "revoke")) {
    await ask(judged, stage, mark, review, ports);
    return [];
  }
  if (standing?.mark === mark) return [];
  return [foundOf(judged, { stage, mark, isNew, tell: isStronger && stage === "record" }, review)];
}

function keyOf({ ref }: Connection): string {
  return `no-longer-approved|${connectionKey(ref.id)}`;
}
