import type { Language } from "./language.ts";

type Text = Readonly<Record<Language, string>>;

/** What somebody is told whose word is not taken: one sentence on why, one on what to do next. Never says more than that. */
const refusals = {
  "no-identity": {
    en: "plgate cannot tell from your account who you are in this organisation, so it cannot take your decision. Sign in with your work account.",
    ja: "このアカウントでは組織内の誰であるかを確認できないため、判断を受け付けられません。職場アカウントでサインインしてください。",
  },
  "other-tenant": {
    en: "Your account belongs to another organisation, so it cannot decide here. Ask a reviewer of this organisation to decide.",
    ja: "別の組織のアカウントなので、ここでは判断できません。この組織のレビュー担当者に判断を依頼してください。",
  },
  "unknown-request": {
    en: "There is no such request. Open the list of requests to find the one you mean.",
    ja: "この申請は存在しません。申請の一覧から探してください。",
  },
  "too-late": {
    en: "The time to decide this request is over, so your decision does not count. The consumer can ask again.",
    ja: "この申請の判断期限は過ぎているため、判断は無効です。利用者はもう一度申請できます。",
  },
  "not-votable": {
    en: "plgate runs in a mode in which it would not carry this decision out. Decide in the Azure portal instead.",
    ja: "現在の動作モードでは、plgate はこの判断を実行しません。Azure ポータルで判断してください。",
  },
  "page-only": {
    en: "This request is decided on its own page, after you sign in. Open the request by the link on its card and decide there.",
    ja: "この申請は、サインイン後に専用のページで判断します。カードのリンクから申請を開いて判断してください。",
  },
  "stale-sign-in": {
    en: "Your sign-in is more than ten minutes old, and this request needs a fresh one. Sign in again and decide once more.",
    ja: "サインインから 10 分以上たっています。この申請には新しいサインインが必要です。もう一度サインインしてから判断してください。",
  },
  "no-justification": {
    en: "A decision needs a justification. Write in a few words why you decide so, and press the button again.",
    ja: "判断には理由が必要です。理由を短く書いて、もう一度ボタンを押してください。",
  },
  "own-request": {
    en: "This request comes from your own side, and nobody decides on their own request. Another reviewer has to decide.",
    ja: "これはあなた自身の側からの申請です。自分の申請を自分で判断することはできません。別のレビュー担当者が判断する必要があります。",
  },
  guest: {
    en: "You are a guest in this organisation, and guests cannot decide. Ask a reviewer of this organisation to decide.",
    ja: "あなたはこの組織のゲストです。ゲストは判断できません。この組織のレビュー担当者に判断を依頼してください。",
  },
  "not-a-reviewer": {
    en: "You are not a reviewer of this request. The card names the groups whose members can decide it.",
    ja: "あなたはこの申請のレビュー担当者ではありません。判断できるグループはカードに書かれています。",
  },
  "directory-unavailable": {
    en: "The directory cannot say whether you are a reviewer. Nothing was changed; try again in a minute.",
    ja: "あなたがレビュー担当者かどうかを、いまディレクトリで確認できません。何も変更されていません。1 分後にもう一度お試しください。",
  },
  "registry-unavailable": {
    en: "The registry of consumers cannot be read, so nobody can tell whether this request is your own. Nothing was changed; try again in a minute.",
    ja: "利用者の登録簿をいま読み取れないため、あなた自身の申請かどうかを確認できません。何も変更されていません。1 分後にもう一度お試しください。",
  },
  "foreign-place": {
    en: "This button does not belong to a card of plgate in this channel. Decide on the card that plgate posted.",
    ja: "このボタンは、このチャネルにある plgate のカードのものではありません。plgate が投稿したカードで判断してください。",
  },
  "not-recorded": {
    en: "Your decision could not be recorded. Nothing was changed; try again in a minute.",
    ja: "判断を記録できませんでした。何も変更されていません。1 分後にもう一度お試しください。",
  },
} as const satisfies Readonly<Record<string, Text>>;

/** The same where the question is whether an approved connection stays: what sounds otherwise then. */
const liveRefusals = {
  "too-late": {
    en: "The time to answer is over, so your answer does not count. The card says what becomes of the connection.",
    ja: "回答期限は過ぎているため、回答は無効です。接続がどうなるかはカードに書かれています。",
  },
  "not-votable": {
    en: "plgate runs in a mode in which it keeps and takes away nothing. Change the connection in the Azure portal instead.",
    ja: "現在の動作モードでは、plgate は継続も取り消しも行いません。Azure ポータルで接続を変更してください。",
  },
  "page-only": {
    en: "Whether this connection stays is decided on a page, after you sign in. Open it by the link on the card and answer there.",
    ja: "この接続を継続するかどうかは、サインイン後に専用のページで判断します。カードのリンクから開いて回答してください。",
  },
  "stale-sign-in": {
    en: "Your sign-in is more than ten minutes old, and this answer needs a fresh one. Sign in again and answer once more.",
    ja: "サインインから 10 分以上たっています。この回答には新しいサインインが必要です。もう一度サインインしてから回答してください。",
  },
  "no-justification": {
    en: "To keep a connection or to take it away needs a justification. Write in a few words why, and press the button again.",
    ja: "継続にも取り消しにも理由が必要です。理由を短く書いて、もう一度ボタンを押してください。",
  },
  "own-request": {
    en: "This connection is of your own side, and nobody decides whether their own stays. Another reviewer has to answer.",
    ja: "これはあなた自身の側の接続です。自分の接続を継続するかどうかを自分で判断することはできません。別のレビュー担当者が回答する必要があります。",
  },
  "not-a-reviewer": {
    en: "You are not a reviewer of this connection. The card names the groups whose members can keep it or take it away.",
    ja: "あなたはこの接続のレビュー担当者ではありません。継続や取り消しを判断できるグループはカードに書かれています。",
  },
  "registry-unavailable": {
    en: "The registry of consumers cannot be read, so nobody can tell whether this connection is your own. Nothing was changed; try again in a minute.",
    ja: "利用者の登録簿をいま読み取れないため、あなた自身の接続かどうかを確認できません。何も変更されていません。1 分後にもう一度お試しください。",
  },
  "not-recorded": {
    en: "Your answer could not be recorded. The connection is as it was; try again in a minute.",
    ja: "回答を記録できませんでした。接続はそのままです。1 分後にもう一度お試しください。",
  },
} as const satisfies Readonly<Partial<Record<keyof typeof refusals, Text>>>;

/** Why a decision is not taken. The doors word it; the workflow and the audit know only the code. */
export type RefusalCode = keyof typeof refusals;

/** What an answer is about: a connection that asks to get in, or one that is in. */
type Matter = "request" | "live";

/** What the person who is refused reads. */
export function refusalText(code: RefusalCode, language: Language, matter: Matter = "request"): string {
  const live: Readonly<Partial<Record<RefusalCode, Text>>> = liveRefusals;
  return ((matter === "live" && live[code]) || refusals[code])[language];
}

const unreadable: Text = {
  en: "This answer cannot be taken. Open Teams anew and press the button once more.",
  ja: "この回答は受け付けられません。Teams を開き直して、もう一度ボタンを押してください。",
};

/** For a click that no card of ours makes. */
export function unreadableText(language: Language): string {
  return unreadable[language];
}
