import type { HttpResponseInit } from "@azure/functions";
import type { Connection } from "../../src/connection/connection.ts";
import { answerDetail } from "../../src/http/request-answers.ts";
import { json, problem } from "../../src/http/respond.ts";
import {
  answerConfirmation,
  answerPreview,
  answerProgress,
  answerStart,
  answerStop,
} from "../../src/http/run-answers.ts";
import { readRunNote, readRunPreview, readRunStart } from "../../src/intake/run.ts";
import { previewJudgement } from "../../src/workflow/preview-judgement.ts";
import { confirmRun, startRun, stopRun } from "../../src/workflow/runs.ts";
import { listRuns, showRun } from "../../src/workflow/show-run.ts";
import { viewOf } from "../../src/workflow/view-of.ts";
import { aConnectionRef, aServiceRef, connection, service } from "../builders.ts";
import { ada, answer, approved, handOf, one, putInForce, started, sweep, wish } from "../workflow/runs-stage.ts";
import { requestOf, restarted, review, type Stage, stage } from "../workflow/stage.ts";

type Answer = readonly [operation: string, name: string, answer: HttpResponseInit];

/** What is answered about runs: begun, shown, confirmed and stopped, or not. */
export async function runAnswers(): Promise<readonly Answer[]> {
  return [...(await recertified()), ...(await drained()), ...(await judged()), ...refusedBodies()];
}

async function recertified(): Promise<readonly Answer[]> {
  const ports = await approved();
  const begun = answerStart(await startRun(wish({ scope: { serviceId: aServiceRef().id } }), handOf(ports), ports));
  const id = (await ports.ledger.runs())[0]?.id ?? "";
  const again = answerStart(await startRun(wish({ scope: { serviceId: aServiceRef().id } }), handOf(ports), ports));
  await sweep(ports);
  const going = answerProgress(await showRun(id, ports));
  const question = await questionAbout(one, ports);
  await answer(ports, one, "approve");
  const stop = async (run: string) => answerStop(await stopRun(run, "Wrong quarter", handOf(ports), ports));
  const stopped = [await stop(id), await stop(id), await stop("nothing")] as const;
  await sweep(ports);
  const unknown = wish({ scope: { serviceId: aServiceRef("nowhere").id } });
  const finished = await approved();
  await started(finished, { within: "PT1H" });
  await sweep(finished);
  finished.clock.advance(3600 * 30);
  for (let time = 0; time < 3; time += 1) await sweep(finished);
  return [
    ["startRun", "a recertification", begun],
    ["startRun", "the same again", again],
    ["startRun", "a service that is not there", answerStart(await startRun(unknown, handOf(ports), ports))],
    ["showRun", "one that goes on", going],
    ["showRequest", "a question of a recertification", question],
    ["stopRun", "one that goes on", stopped[0]],
    ["stopRun", "one that ended", stopped[1]],
    ["stopRun", "no run", stopped[2]],
    ["showRun", "a stopped one", answerProgress(await showRun(id, ports))],
    ["showRun", "no run", answerProgress(await showRun("nothing", ports))],
    ["listRuns", "one that was stopped", json(200, { value: await listRuns(ports) })],
    ["listRuns", "one that is finished", json(200, { value: await listRuns(finished) })],
  ];
}

async function questionAbout(about: Connection, ports: Stage): Promise<HttpResponseInit> {
  const request = await requestOf(ports, about);
  if (!request) throw new Error("nobody was asked");
  return answerDetail(await viewOf(request, ports), await ports.ledger.eventsOf(request.id));
}

async function drained(): Promise<readonly Answer[]> {
  const ports = await approved();
  const run = await started(ports, { kind: "drain", scope: { serviceId: aServiceRef().id }, by: "reject" });
  const confirm = async (id: string, who: string) =>
    answerConfirmation(await confirmRun(id, "Agreed", handOf(ports, who), ports));
  const careful = restarted(ports, { mode: "observe" });
  const answers: Answer[] = [
    [
      "startRun",
      "a drain where the mode forbids it",
      answerStart(await startRun(wish({ kind: "drain" }), handOf(ports), careful)),
    ],
    [
      "confirmRun",
      "the same person",
      await confirm(run.id, run.startedBy.kind === "person" ? run.startedBy.objectId : ""),
    ],
    ["confirmRun", "a second person", await confirm(run.id, ada)],
    ["confirmRun", "again", await confirm(run.id, ada)],
    ["confirmRun", "no run", await confirm("nothing", ada)],
    ["showRun", "a drain that begins", answerProgress(await showRun(run.id, ports))],
  ];
  await sweep(ports);
  answers.push(["showRequest", "a connection that a drain took away", await questionAbout(one, ports)]);
  answers.push(["showRun", "a drain with ended connections", answerProgress(await showRun(run.id, ports))]);
  ports.connections.nextReads.push({ kind: "fails" });
  answers.push(["showRun", "a drain while ARM is away", answerProgress(await showRun(run.id, ports))]);
  ports.connections.delete(aServiceRef());
  answers.push(["showRun", "a drain of a deleted service", answerProgress(await showRun(run.id, ports))]);
  return answers;
}

async function judged(): Promise<readonly Answer[]> {
  const refs = ["pls-a", "pls-b"].map((name) => aServiceRef(name));
  const ports = stage(
    refs.map((ref) => service({ ref, connections: [connection({ ref: aConnectionRef("pe-1.1", ref) })] })),
  );
  for (const { name } of refs) await review(ports, name);
  putInForce(ports, "reject");
  ports.connections.unreadable.push({ subscriptionId: "20000000-0000-4000-8000-000000000002", reason: "403" });
  const part = await previewJudgement({}, null, 0, ports);
  const from = part.kind === "page" ? part.next : null;
  const end = await previewJudgement({}, from, 0, ports);
  const acknowledge = end.kind === "page" ? end.acknowledge : null;
  const changed = from && (await previewJudgement({}, { ...from, fingerprint: "other" }, 0, ports));
  const judge = wish({ kind: "judge", acknowledge, cap: 20 });
  const answers: Answer[] = [
    ["previewRun", "a first part", answerPreview(part)],
    ["previewRun", "the end", answerPreview(end)],
    ...(changed ? ([["previewRun", "other policies", answerPreview(changed)]] as const) : []),
    [
      "startRun",
      "without a dry run",
      answerStart(await startRun({ ...judge, acknowledge: null }, handOf(ports), ports)),
    ],
    ["startRun", "a re-judgement", answerStart(await startRun(judge, handOf(ports), ports))],
    ["previewRun", "no policies", answerPreview({ kind: "unavailable" })],
  ];
  return answers;
}

function refusedBodies(): readonly Answer[] {
  const said = (read: { readonly ok: boolean; readonly problem?: string }) => problem(400, read.problem ?? "");
  return [
    ["startRun", "a body without a note", said(readRunStart({ kind: "drain", service: aServiceRef().id }))],
    ["previewRun", "a wrong continuation", said(readRunPreview({ scope: {}, after: "x" }))],
    ["confirmRun", "a body without a note", said(readRunNote({}))],
    ["stopRun", "a body without a note", said(readRunNote({}))],
  ];
}
