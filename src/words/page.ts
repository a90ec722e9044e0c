import type { Language } from "./language.ts";

/** What surrounds a request on the page: frame, form, refusals. The request itself: page-request.ts and page-record.ts. */
const en = {
  skip: "Skip to the request",
  signedInAs: "Signed in as",
  signOut: "Sign out",
  privateLink: "Private Link approval",
  form: {
    title: "Your decision",
    jump: "Go to your decision",
    justification: "Justification",
    justificationHint: (most: number) =>
      `Required, at most ${most} characters. Kept in the audit under your name; the consumer does not see it.`,
    lasts: "How long an approval lasts",
    lastsHint: "A policy or another reviewer may make it shorter. Leave it as it is when no end is needed.",
    lastsLong: "No end of its own",
    lastsDays: (days: number) => (days === 1 ? "1 day" : `${days} days`),
    approve: "Approve this connection",
    reject: "Reject this connection",
    rejectHint: "A rejection is final in Azure: the consumer has to ask again.",
    oneOf: "Approve or reject: the first rejection ends the request.",
    changeHint: "You answered already. Until the decision is made you may change your answer.",
    noChoice: "Choose one of the two buttons.",
    badDuration: "Choose one of the durations that are offered.",
    noJustification: "Write a justification.",
    longJustification: (most: number) => `The justification is longer than ${most} characters.`,
    faults: "Nothing was recorded. Please mend this:",
  },
  fresh: {
    title: "Sign in again to decide",
    sentence: (minutes: number) => `This request asks for a sign-in that is at most ${minutes} minutes old.`,
    link: "Sign in again to decide",
    missing:
      "Your sign-in does not say when you proved who you are. An operator has to add the optional claim auth_time to plgate's app registration.",
  },
  closed: {
    title: "No decision to take",
    noRole: "You may read this request, but not decide: for that you need the app role Approver.",
    guest: "You are a guest of this tenant. Guests cannot decide.",
    held: "plgate runs in a mode that does not carry decisions out. Decide in Azure instead.",
    noReviewers: "No reviewer group is named, so nobody can answer.",
  },
  recorded: {
    title: "Your answer is recorded",
    approve: "You approved this connection.",
    reject: "You rejected this connection.",
    waiting: "More approvals are needed before it is decided.",
    applying: "It is decided. Azure is being told now; this takes a few seconds.",
    lookAgain: "Look again",
  },
  refused: {
    title: "Your answer was not recorded",
    tooLate: "Somebody was faster, or the time is over: this request is decided or has ended. It is shown below.",
    otherTab: "Your sign-in changed since this page was opened. Nothing was recorded; please send it once more.",
    ended: "Your sign-in ended. Nothing was recorded. Sign in again; this is what you had written:",
  },
  notices: {
    notConfigured: {
      title: "This page is not set up yet",
      sentence:
        "An operator has to set PLGATE_PUBLIC_URL to the https address of this app and, when PLGATE_API_AUDIENCE is no application id, PLGATE_SIGN_IN_CLIENT_ID.",
    },
    unknownRequest: { title: "There is no such request", sentence: "The link may be cut off or very old." },
    noRole: {
      title: "You may not see this",
      sentence: "You are signed in, but hold no app role of plgate. Ask an operator for the role Reader or Approver.",
    },
    notNow: {
      title: "plgate cannot answer now",
      sentence: "Something it depends on cannot be reached. Nothing was recorded. Try again in a minute.",
    },
    fault: {
      title: "Something went wrong",
      sentence: "An operator finds out more by the correlation id below.",
    },
    signInFailed: {
      title: "The sign-in did not work",
      sentence: "Nothing was changed. Start it anew; if it fails again, tell an operator the code below.",
    },
    signInLost: {
      title: "The sign-in took too long or was begun elsewhere",
      sentence: "It has to end within ten minutes, in the browser in which it began, with cookies allowed.",
    },
    notKept: {
      title: "You are not signed in",
      sentence: "If you have just signed in, your browser did not keep the cookie of this site: allow it, then go on.",
    },
    signedOut: {
      title: "You are signed out of plgate",
      sentence: "You may still be signed in at Microsoft in this browser.",
    },
    foreign: {
      title: "This did not come from plgate's page",
      sentence: "The form was sent from another site, so nothing was done. Open the request by its link.",
    },
    tooManyGroups: {
      title: "Your sign-in is too large for a cookie",
      sentence: "You are in very many groups. Decide on the card in Teams, or ask an operator.",
    },
    home: {
      title: "plgate",
      sentence: "Open a request by the link on its card.",
    },
  },
  code: "Code",
  correlation: "Correlation",
  signIn: "Sign in",
  tryAgain: "Try again",
  backToRequest: "Back to the request",
};

export type PageWords = typeof en;

const ja: PageWords = {
  skip: "リクエストへ移動",
  signedInAs: "サインイン中:",
  signOut: "サインアウト",
  privateLink: "Private Link の承認",
  form: {
    title: "あなたの判断",
    jump: "判断の入力へ移動",
    justification: "理由",
    justificationHint: (most) => `必須、${most} 文字以内。お名前とともに監査記録に残ります。利用者には表示されません。`,
    lasts: "承認の有効期間",
    lastsHint: "ポリシーまたは他の承認者の指定により短くなることがあります。期限が不要なら変更しないでください。",
    lastsLong: "期限なし",
    lastsDays: (days) => `${days} 日間`,
    approve: "この接続を承認する",
    reject: "この接続を拒否する",
    rejectHint: "Azure での拒否は取り消せません。利用者は改めて申請する必要があります。",
    oneOf: "承認または拒否してください。一人でも拒否するとリクエストは終了します。",
    changeHint: "すでに回答しています。決定されるまでは回答を変更できます。",
    noChoice: "二つのボタンのどちらかを選んでください。",
    badDuration: "表示されている期間から選んでください。",
    noJustification: "理由を入力してください。",
    longJustification: (most) => `理由は ${most} 文字以内で入力してください。`,
    faults: "何も記録されていません。次の点を直してください。",
  },
  fresh: {
    title: "判断するには再度サインインしてください",
    sentence: (minutes) => `このリクエストでは、直近 ${minutes} 分以内に本人確認を済ませている必要があります。`,
    link: "再度サインインして判断する",
    missing:
      "サインインの情報に本人確認の時刻がありません。運用担当者が plgate のアプリ登録に省略可能な要求 auth_time を追加する必要があります。",
  },
  closed: {
    title: "判断することはありません",
    noRole: "このリクエストは閲覧できますが、判断するにはアプリ ロール Approver が必要です。",
    guest: "あなたはこのテナントのゲストです。ゲストは判断できません。",
    held: "plgate は決定を実行しないモードで動作しています。Azure で判断してください。",
    noReviewers: "承認者グループが指定されていないため、誰も回答できません。",
  },
  recorded: {
    title: "回答を記録しました",
    approve: "この接続を承認しました。",
    reject: "この接続を拒否しました。",
    waiting: "決定にはさらに承認が必要です。",
    applying: "決定されました。Azure に反映しています。数秒かかります。",
    lookAgain: "もう一度確認する",
  },
  refused: {
    title: "回答は記録されませんでした",
    tooLate:
      "他の人が先に回答したか、期限が過ぎました。このリクエストは決定済みか終了しています。現在の状態は次のとおりです。",
    otherTab: "このページを開いた後にサインインが変わりました。何も記録されていません。もう一度送信してください。",
    ended: "サインインの有効期限が切れました。何も記録されていません。再度サインインしてください。入力した内容:",
  },
  notices: {
    notConfigured: {
      title: "このページはまだ設定されていません",
      sentence:
        "運用担当者が PLGATE_PUBLIC_URL にこのアプリの https アドレスを設定し、PLGATE_API_AUDIENCE がアプリケーション ID でない場合は PLGATE_SIGN_IN_CLIENT_ID も設定する必要があります。",
    },
    unknownRequest: {
      title: "そのようなリクエストはありません",
      sentence: "リンクが途中で切れているか、古すぎる可能性があります。",
    },
    noRole: {
      title: "閲覧する権限がありません",
      sentence:
        "サインインしていますが、plgate のアプリ ロールがありません。運用担当者に Reader または Approver のロールを依頼してください。",
    },
    notNow: {
      title: "plgate は今応答できません",
      sentence: "必要なサービスに接続できません。何も記録されていません。しばらくしてからもう一度お試しください。",
    },
    fault: { title: "問題が発生しました", sentence: "運用担当者は次の相関 ID で詳細を確認できます。" },
    signInFailed: {
      title: "サインインできませんでした",
      sentence:
        "何も変更されていません。やり直してください。再び失敗する場合は、次のコードを運用担当者に伝えてください。",
    },
    signInLost: {
      title: "サインインに時間がかかりすぎたか、別の場所で始められました",
      sentence: "サインインは、始めたブラウザーで、Cookie を許可したうえで 10 分以内に完了する必要があります。",
    },
    notKept: {
      title: "サインインしていません",
      sentence:
        "サインインした直後の場合、ブラウザーがこのサイトの Cookie を保存していません。許可してから続けてください。",
    },
    signedOut: {
      title: "plgate からサインアウトしました",
      sentence: "このブラウザーでは Microsoft へのサインインが続いている場合があります。",
    },
    foreign: {
      title: "plgate のページから送信されたものではありません",
      sentence: "フォームが別のサイトから送信されたため、何も行いませんでした。リンクからリクエストを開いてください。",
    },
    tooManyGroups: {
      title: "サインインの情報が Cookie に収まりません",
      sentence: "所属グループが多すぎます。Teams のカードで判断するか、運用担当者に連絡してください。",
    },
    home: { title: "plgate", sentence: "カードのリンクからリクエストを開いてください。" },
  },
  code: "コード",
  correlation: "相関 ID",
  signIn: "サインイン",
  tryAgain: "もう一度試す",
  backToRequest: "リクエストに戻る",
};

export const pageWords: Readonly<Record<Language, PageWords>> = { en, ja };
