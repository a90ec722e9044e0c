import type { Language } from "./language.ts";

/** What the test card says; the moment is put in by the card itself, in the reader's own time. */
export type SampleWords = {
  readonly heading: string;
  readonly nothingToDo: string;
  readonly sentBy: string;
  readonly sentAt: string;
  readonly channel: string;
  readonly realCards: string;
  readonly line: string;
  readonly reply: string;
};

/** The texts of `plgate teams test`: whoever reads one must not take it for a question. */
export const sampleWords: Record<Language, SampleWords> = {
  en: {
    heading: "Test: there is nothing to decide",
    nothingToDo:
      "plgate posted this to see whether it reaches the channel. Nobody asks for access, and nothing was recorded.",
    sentBy: "Sent by",
    sentAt: "Sent at",
    channel: "Channel",
    realCards:
      "A real card names the service and who asks for it, and has the buttons Approve and Reject. This one has none.",
    line: "plgate is testing this channel. A test card takes the place of this line in a moment.",
    reply: "Test of plgate: reminders arrive here, in the thread of a card. Nothing to do.",
  },
  ja: {
    heading: "テスト: 判断は不要です",
    nothingToDo:
      "plgate がこのチャネルに投稿できるかを確認するためのカードです。接続の要求ではなく、記録も残りません。",
    sentBy: "送信者",
    sentAt: "送信日時",
    channel: "チャネル",
    realCards:
      "実際のカードには、対象のサービスと要求者が表示され、承認と拒否のボタンがあります。このカードにはボタンがありません。",
    line: "plgate がこのチャネルをテストしています。この行はまもなくテスト カードに置き換わります。",
    reply: "plgate のテスト: リマインダーはこのようにカードのスレッドに届きます。対応は不要です。",
  },
};
