import type { EvaluateOptions } from "../policy/evaluate.ts";
import { type Replay, type Sides, type Snapshot, startReplay } from "../policy/replay.ts";
import { type HistoryPorts, type JudgementWish, type ReadDetail, storedJudgements } from "./stored-judgements.ts";

export type UnreadableJudgement = { readonly requestId: string; readonly at: string; readonly problem: string };

export type ReplayedHistory = Replay & {
  /** When the newest and the oldest of them were made; null when there were none. */
  readonly newest: string | null;
  readonly oldest: string | null;
  /** Judgements on record that could not be read back. */
  readonly unreadable: readonly UnreadableJudgement[];
  /** False when it was told to stop before all that were wished for had been read. */
  readonly complete: boolean;
};

export type ReplayMeans = {
  readonly ports: HistoryPorts;
  readonly readDetail: ReadDetail<Pick<Snapshot, "facts">>;
  readonly options: EvaluateOptions;
  /** Told after each judgement how many were read; false ends the replay there. */
  readonly goOn: (read: number) => boolean;
};

/** Replays the judgements on record under two sets of policies, the newest first (policy.md 8). Reads only. */
export async function replayHistory(sides: Sides, wish: JudgementWish, means: ReplayMeans): Promise<ReplayedHistory> {
  const { ports, readDetail, options, goOn } = means;
  const run = startReplay(sides, options);
  const unreadable: UnreadableJudgement[] = [];
  let newest: string | null = null;
  let oldest: string | null = null;
  let read = 0;
  let complete = true;
  for await (const { requestId, at, read: detail } of storedJudgements(wish, readDetail, ports)) {
    read += 1;
    newest ??= at;
    oldest = at;
    if (detail.ok) run.judge({ requestId, at, facts: detail.value.facts });
    else unreadable.push({ requestId, at, problem: detail.problem });
    complete = goOn(read);
    if (!complete) break;
  }
  return { ...run.result(), newest, oldest, unreadable, complete };
}
