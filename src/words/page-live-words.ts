import type { Language } from "./language.ts";

/** What the page says otherwise of a connection that is approved already: keep and take away, never approve and reject. */
const en = {
  request: {
    states: {
      received: "Received",
      "awaiting-decision": "Keep or take away",
      approving: "Keeping",
      rejecting: "Taking away",
      approved: "Kept",
      rejected: "Taken away",
      expired: "Nobody confirmed it, it stays",
      withdrawn: "No longer a question",
      "resolved-elsewhere": "Changed outside plgate",
      failed: "Failed, an operator is needed",
    },
    stateSentences: {
      received: "The question was raised and is being looked at.",
      "awaiting-decision": "Reviewers have to answer whether the connection stays.",
      approving: "The answer to keep it is on record. plgate is looking whether Azure still has it.",
      rejecting:
        "The decision to take it away is on record and is being applied in Azure. Until Azure confirms it the endpoint stays connected.",
      approved: "The connection stays. Nothing was changed in Azure.",
      rejected: "The connection was taken away; Azure confirmed it.",
      expired: "Nobody answered in time. The connection stays as it is, and nobody has confirmed it.",
      withdrawn: "There is nothing left to decide.",
      "resolved-elsewhere": "Somebody changed the connection directly in Azure.",
      failed: "Azure did not take the connection away. The endpoint is still connected.",
    },
    heldSentence:
      "plgate would act, but its mode holds it back: the connection stays until somebody changes it in Azure.",
    asks: { before: "Shall", between: "stay connected to", after: "?" },
    sections: {
      message: "The consumer's own words when they asked",
      said: "What policy says of it now",
      approvals: "Who has to agree that it stays",
      earlier: "Other requests of this consumer",
    },
    asked: "Looked at since",
    due: "Time ends",
    dueReject: "Unless it is decided before that it stays, the connection is taken away then.",
    dueLeave: "If nobody decides by then, the question ends and the connection stays, confirmed by nobody.",
    message: { none: "The consumer sent no message when they asked." },
    approvals: { caption: "Who has to agree that it stays", ends: "One answer to take it away ends the request." },
    answers: { approve: "keep", reject: "take away" },
  },
  /** Where time takes the connection away, and where the mode keeps it from that. */
  goes: {
    state: "To be taken away",
    sentence: "The connection is taken away when its time ends, unless it is decided before that it stays.",
  },
  dueHeld: "The connection stays also then: plgate runs in approve-only mode and takes nothing away.",
  /** What policy would do if the connection asked now. */
  would: "It would",
  effects: { approve: "approve", reject: "reject", review: "ask people" },
  form: {
    lasts: "How long it may stay",
    lastsHint: "A policy or another reviewer may make it shorter. Then it is asked again.",
    approve: "Keep this connection",
    reject: "Take this connection away",
    rejectHint: "It is cut off in Azure at once, and for good: the consumer has to ask again.",
    oneOf: "Keep it or take it away: the first answer to take it away ends the request.",
  },
  closed: {
    held: "plgate runs in a mode that carries no answer out. Change the connection in Azure instead.",
    noReviewers: "No reviewer group is named, so nobody can answer here.",
  },
  recorded: {
    approve: "You want this connection to stay.",
    reject: "You took this connection away.",
    waiting: "More answers are needed before it is settled that it stays.",
  },
  fresh: { title: "Sign in again to answer", link: "Sign in again to answer" },
  why: {
    title: "Why this is asked",
    causes: {
      drift: "What Azure shows is not what plgate decided.",
      policy: "The policies in force would not approve this connection any more.",
      expiry: "The approval was given for a limited time, and that time ends.",
      recertification: "Standing approvals are being reviewed, and this is one of them.",
      drain: "The service is being emptied: every connection is taken away, so that it can be deleted.",
    },
    found: "Found",
    approved: "Approved",
    kept: "Kept last",
    by: "By",
    in: "In request",
    ends: "Approval ends",
    run: "Asked by run",
    never: "No approval by plgate is on record.",
  },
  trouble: {
    title: "What an operator has to do",
    sentence:
      "Mend what Azure names below and wait for the next attempt, or take the connection away in Azure. If Azure never rejects approved connections here, set PLGATE_REVOKE_BY to remove: then plgate removes them instead.",
  },
  kinds: {
    requested: "An approved connection is looked at again",
  },
};

export type LivePageWords = typeof en;

const ja: LivePageWords = {
  request: {
    states: {
      received: "受付済み",
      "awaiting-decision": "継続するか取り消すかの判断待ち",
      approving: "継続を確認中",
      rejecting: "取り消しを反映中",
      approved: "継続済み",
      rejected: "取り消し済み",
      expired: "確認されないまま継続中",
      withdrawn: "判断は不要になりました",
      "resolved-elsewhere": "plgate の外で変更",
      failed: "失敗、運用担当者の対応が必要",
    },
    stateSentences: {
      received: "確認を受け付けました。",
      "awaiting-decision": "接続を継続するかどうか、承認者の回答が必要です。",
      approving: "継続の判断は記録済みで、接続が Azure に残っていることを確認しています。",
      rejecting:
        "取り消しの判断は記録済みで、Azure に反映しています。Azure が確認するまでエンドポイントは接続されたままです。",
      approved: "接続は継続します。Azure 上では何も変更されていません。",
      rejected: "接続は取り消されました。Azure で確認済みです。",
      expired: "期限までに誰も回答しませんでした。接続はそのまま残っていますが、誰も確認していません。",
      withdrawn: "判断するものは残っていません。",
      "resolved-elsewhere": "誰かが Azure で接続を直接変更しました。",
      failed: "Azure で接続を取り消せませんでした。エンドポイントは接続されたままです。",
    },
    heldSentence: "plgate はモードにより実行を控えています。Azure で変更されるまで接続はそのままです。",
    asks: { before: "", between: "から次のサービスへの接続を継続しますか:", after: "" },
    sections: {
      message: "申請時の利用者自身の言葉",
      said: "現在のポリシーの判定",
      approvals: "継続への同意",
      earlier: "この利用者の他のリクエスト",
    },
    asked: "確認の開始",
    due: "期限",
    dueReject: "それまでに継続と判断されない場合、接続は取り消されます。",
    dueLeave: "期限までに判断されない場合、確認は終了し、接続は確認されないまま残ります。",
    message: { none: "申請時に利用者からのメッセージはありませんでした。" },
    approvals: {
      caption: "継続に同意が必要なグループ",
      ends: "一人でも取り消しと回答するとリクエストは終了します。",
    },
    answers: { approve: "継続", reject: "取り消し" },
  },
  goes: {
    state: "取り消し予定",
    sentence: "期限までに継続と判断されない限り、接続は取り消されます。",
  },
  dueHeld: "approve-only モードでは取り消しを行わないため、期限を過ぎても接続は残ります。",
  would: "判定",
  effects: { approve: "承認", reject: "拒否", review: "人に確認" },
  form: {
    lasts: "継続する期間",
    lastsHint: "ポリシーまたは他の承認者の指定により短くなることがあります。期間が終わると改めて確認します。",
    approve: "この接続を継続する",
    reject: "この接続を取り消す",
    rejectHint: "Azure で直ちに切断され、元には戻せません。利用者は改めて申請する必要があります。",
    oneOf: "継続または取り消しを選んでください。一人でも取り消しと回答するとリクエストは終了します。",
  },
  closed: {
    held: "plgate は回答を実行しないモードで動作しています。Azure で接続を変更してください。",
    noReviewers: "承認者グループが指定されていないため、ここでは誰も回答できません。",
  },
  recorded: {
    approve: "この接続の継続に同意しました。",
    reject: "この接続を取り消しました。",
    waiting: "継続が決まるにはさらに同意が必要です。",
  },
  fresh: { title: "回答するには再度サインインしてください", link: "再度サインインして回答する" },
  why: {
    title: "確認をお願いする理由",
    causes: {
      drift: "Azure の状態が plgate の判断と異なっています。",
      policy: "現在有効なポリシーでは、この接続は承認されません。",
      expiry: "この承認には有効期間があり、まもなく終了します。",
      recertification: "承認済みの接続を見直しており、この接続もその対象です。",
      drain: "このサービスを削除できるように、すべての接続を取り消しています。",
    },
    found: "検出内容",
    approved: "承認日時",
    kept: "直近の継続",
    by: "判断者",
    in: "リクエスト",
    ends: "承認の期限",
    run: "見直しの番号",
    never: "plgate による承認の記録はありません。",
  },
  trouble: {
    title: "運用担当者の対応",
    sentence:
      "下記の原因を取り除いて次の再試行を待つか、Azure で接続を取り消してください。Azure が承認済みの接続の拒否を受け付けない場合は、PLGATE_REVOKE_BY を remove に設定すると、拒否の代わりに接続を削除します。",
  },
  kinds: {
    requested: "承認済みの接続の見直しを開始",
  },
};

export const livePage: Readonly<Record<Language, LivePageWords>> = { en, ja };
