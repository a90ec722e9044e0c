import type { Language } from "./language.ts";
import type { LiveEnd, NoticeWords, ReminderFacts } from "./notice.ts";

/** A reminder of a question whose end takes a connection away, or leaves it. */
export type LiveReminder = Pick<ReminderFacts, "endsAt" | "missing"> & {
  /** How much time is left, such as `12 hours`; null: unknown. */
  readonly left: string | null;
};

/** What is said beside the card where the question is whether an approved connection stays. */
export type LiveNoticeWords = {
  readonly reminder: Readonly<Record<LiveEnd, (facts: LiveReminder) => string>>;
  readonly instead: Pick<NoticeWords, "headings" | "decideOnPage" | "facts" | "approvalsLeft">;
  /** The heading of a notice while the connection goes at the end of the time. */
  readonly goes: string;
};

const english: LiveNoticeWords = {
  reminder: {
    goes: ({ endsAt, left, missing }) =>
      `The connection is taken away${englishTime(endsAt, left)}, unless it is decided before that it stays.${englishMissing(missing)}`,
    stays: ({ endsAt, left, missing }) =>
      `The time to answer ends${englishTime(endsAt, left)}. Without an answer the connection stays, confirmed by nobody.${englishMissing(missing)}`,
    held: ({ endsAt, left, missing }) =>
      `The time to answer ends${englishTime(endsAt, left)}. The connection stays also then: plgate runs in approve-only mode.${englishMissing(missing)}`,
  },
  goes: "A connection is to be taken away",
  instead: {
    headings: {
      asked: "Shall a connection stay?",
      reminded: "It is still open whether a connection stays",
      ended: "It is settled whether a connection stays",
    },
    approvalsLeft: englishLeft,
    decideOnPage: "Keep it or take it away on the page of the request; nobody can answer here.",
    facts: {
      service: "Service",
      endpoint: "Private endpoint",
      customer: "Customer",
      subscription: "Consumer subscription",
      reason: "Why this is asked",
      approvals: "Missing to keep it",
      endsAt: "Time ends",
      outcome: "Outcome",
    },
  },
};

const japanese: LiveNoticeWords = {
  reminder: {
    goes: ({ endsAt, left, missing }) =>
      `継続と判断されない限り、この接続は${japaneseTime(endsAt, left)}取り消されます。${japaneseMissing(missing)}`,
    stays: ({ endsAt, left, missing }) =>
      `回答期限は${japaneseTime(endsAt, left)}終了します。回答がない場合、接続は確認されないまま残ります。${japaneseMissing(missing)}`,
    held: ({ endsAt, left, missing }) =>
      `回答期限は${japaneseTime(endsAt, left)}終了します。approve-only モードのため、期限を過ぎても接続は残ります。${japaneseMissing(missing)}`,
  },
  goes: "接続の取り消しが予定されています",
  instead: {
    headings: {
      asked: "接続を継続するかどうかの判断が必要です",
      reminded: "接続を継続するかどうかの判断がまだ必要です",
      ended: "接続を継続するかどうかの確認は終了しました",
    },
    approvalsLeft: japaneseLeft,
    decideOnPage: "継続するか取り消すかは、要求のページで回答してください。ここでは回答できません。",
    facts: {
      service: "サービス",
      endpoint: "プライベート エンドポイント",
      customer: "顧客",
      subscription: "利用者のサブスクリプション",
      reason: "確認を求める理由",
      approvals: "継続に必要な残りの同意",
      endsAt: "期限",
      outcome: "結果",
    },
  },
};

export const liveNoticeWords: Readonly<Record<Language, LiveNoticeWords>> = { en: english, ja: japanese };

function englishTime(endsAt: string | null, left: string | null): string {
  return `${endsAt ? ` ${endsAt}` : ""}${left ? `, in ${left}` : ""}`;
}

function englishMissing(missing: ReminderFacts["missing"]): string {
  return missing.length === 0 ? "" : ` Still missing to keep it: ${englishLeft(missing)}.`;
}

function englishLeft(missing: ReminderFacts["missing"]): string {
  return missing.map(({ name, votes }) => `${votes} ${votes === 1 ? "answer" : "answers"} of ${name}`).join(", ");
}

function japaneseTime(endsAt: string | null, left: string | null): string {
  return `${endsAt ? ` ${endsAt} に` : ""}${left ? `、あと ${left}で` : ""}`;
}

function japaneseMissing(missing: ReminderFacts["missing"]): string {
  return missing.length === 0 ? "" : `継続に必要な残りの同意: ${japaneseLeft(missing)}。`;
}

function japaneseLeft(missing: ReminderFacts["missing"]): string {
  return missing.map(({ name, votes }) => `${name} ${votes}件`).join("、");
}
