import type { Language } from "./language.ts";

/** What the end of the time does to an approved connection. */
export type LiveEnd = "goes" | "stays" | "held";

/** Facts of a sentence; whatever others wrote was made harmless before it comes here. */
export type ReminderFacts = {
  readonly step: "half" | "nine-tenths";
  /** For reading, such as `2026-11-24 12:00 UTC`; null: without end. */
  readonly endsAt: string | null;
  /** Who still has to approve, and how many of them. */
  readonly missing: readonly { readonly name: string; readonly votes: number }[];
};

/** What is said beside the card: in a channel before it stands and below it, and in webhooks that take no answer. */
export type NoticeWords = {
  /** `summary` says what the request is about. */
  readonly announcement: (summary: string) => string;
  readonly reminder: (facts: ReminderFacts) => string;
  /** Where no card can show how the request ended. */
  readonly end: (summary: string, requestId: string) => string;
  readonly headings: Readonly<Record<"asked" | "reminded" | "ended", string>>;
  readonly decideOnPage: string;
  readonly nothingToDo: string;
  readonly openPage: string;
  readonly facts: Readonly<
    Record<"service" | "endpoint" | "customer" | "subscription" | "reason" | "approvals" | "endsAt" | "outcome", string>
  >;
  readonly approvalsLeft: (missing: ReminderFacts["missing"]) => string;
  readonly request: (id: string) => string;
};

export const noticeWords: Readonly<Record<Language, NoticeWords>> = {
  en: {
    announcement: (summary) => `${summary}. The card follows in this place.`,
    reminder: ({ step, endsAt, missing }) =>
      [
        step === "half" ? "Half of the time to decide is over" : "Nine tenths of the time to decide are over",
        endsAt ? `; it ends ${endsAt}.` : ".",
        missing.length > 0 ? ` Still missing: ${englishLeft(missing)}.` : "",
      ].join(""),
    end: (summary, requestId) => `${summary}. Request ${requestId}`,
    headings: { asked: "A decision is needed", reminded: "A decision is still needed", ended: "The request has ended" },
    decideOnPage: "Answer on the page of the request; nobody can answer here.",
    nothingToDo: "There is nothing left to do.",
    openPage: "Open the request",
    facts: {
      service: "Service",
      endpoint: "Private endpoint",
      customer: "Customer",
      subscription: "Consumer subscription",
      reason: "Why people are asked",
      approvals: "Approvals missing",
      endsAt: "Time ends",
      outcome: "Outcome",
    },
    approvalsLeft: englishLeft,
    request: (id) => `Request ${id}`,
  },
  ja: {
    announcement: (summary) => `${summary}。このあと、ここにカードが表示されます。`,
    reminder: ({ step, endsAt, missing }) =>
      [
        step === "half" ? "回答期間の半分が過ぎました。" : "回答期間の9割が過ぎました。",
        endsAt ? `期限は ${endsAt} です。` : "",
        missing.length > 0 ? `未承認: ${japaneseLeft(missing)}。` : "",
      ].join(""),
    end: (summary, requestId) => `${summary}。要求 ${requestId}`,
    headings: { asked: "判断が必要です", reminded: "まだ判断が必要です", ended: "要求は終了しました" },
    decideOnPage: "要求のページで回答してください。ここでは回答できません。",
    nothingToDo: "必要な操作はありません。",
    openPage: "要求を開く",
    facts: {
      service: "サービス",
      endpoint: "プライベート エンドポイント",
      customer: "顧客",
      subscription: "利用者のサブスクリプション",
      reason: "確認を求める理由",
      approvals: "残りの承認",
      endsAt: "期限",
      outcome: "結果",
    },
    approvalsLeft: japaneseLeft,
    request: (id) => `要求 ${id}`,
  },
};

function englishLeft(missing: ReminderFacts["missing"]): string {
  return missing.map(({ name, votes }) => `${votes} ${votes === 1 ? "approval" : "approvals"} of ${name}`).join(", ");
}

function japaneseLeft(missing: ReminderFacts["missing"]): string {
  return missing.map(({ name, votes }) => `${name} ${votes}件`).join("、");
}
