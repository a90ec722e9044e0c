import { japaneseCard } from "./card-japanese.ts";
import type { LiveCardWords } from "./card-live-words.ts";

/** What a card says in Japanese of a connection that is approved already. */
export const japaneseLiveCard: LiveCardWords = {
  instead: {
    status: {
      received: "受付済み",
      "awaiting-decision": "継続するか取り消すかの判断待ち",
      approving: "継続を確認中",
      rejecting: "取り消しを反映中",
      approved: "継続済み",
      rejected: "取り消し済み",
      expired: "確認されないまま継続中",
      withdrawn: "判断は不要になりました",
      "resolved-elsewhere": "plgate 以外で変更済み",
      failed: "失敗、運用担当者の対応が必要です",
      held: "見合わせ、plgate は書き込みを行いません",
    },
    tallied: (status, given, needed) => `${status}: 継続に必要な ${needed} 件中 ${given} 件`,
    asks: (who, endpoint, service) =>
      `${who} は、プライベート エンドポイント ${endpoint} から ${service} に接続しています。`,
    answerUntil: (moment) => `この接続を継続しますか。回答期限: ${moment}。回答がない場合、接続はそのまま残ります。`,
    noReviewers:
      "承認グループが指定されていないため、ここでは誰も回答できません。ポリシーまたは既定の承認グループを設定してください。",
    applying: {
      approve: "継続の判断を記録し、接続が Azure に残っていることを確認しています。",
      reject:
        "取り消しの判断を記録し、Azure に反映しています。Azure が確認するまでエンドポイントは接続されたままです。",
    },
    confirmed: {
      approve: (endpoint, service) =>
        `プライベート エンドポイント ${endpoint} から ${service} への接続は継続します。これ以上の作業は不要です。`,
      reject: (endpoint, service) =>
        `プライベート エンドポイント ${endpoint} は ${service} に接続できなくなりました。Azure で確認済みです。接続するには、利用者による再申請が必要です。`,
    },
    expired: "期限までに回答がありませんでした。Azure 上の接続はそのまま残っていますが、誰も確認していません。",
    withdrawn: {
      "connection-gone": "接続がなくなったため、判断は不要になりました。",
      "service-gone": "Private Link サービスがなくなったため、判断は不要になりました。",
      replaced: "別のエンドポイントに置き換えられたため、判断は不要になりました。",
      "pending-again": "接続が再び保留中になったため、判断は不要になりました。新しい申請は別途表示されます。",
      other: "plgate が確認を取りやめたため、判断は不要になりました。何も変更されていません。",
    },
    elsewhere: {
      approved: "plgate を通さず、Azure 上で直接処理されました。判断は不要です。",
      rejected: "plgate を通さず、Azure 上で直接拒否されました。判断は不要です。",
      disconnected: "plgate を通さず、Azure 上で直接切断されました。判断は不要です。",
      other: "plgate を通さず、Azure 上で接続が直接変更されました。判断は不要です。",
    },
    failed: {
      approve: "接続の継続を Azure で確認できませんでした。何も変更されていません。",
      reject: "Azure で接続を取り消せませんでした。エンドポイントは接続されたままです。",
    },
    held: (source, effect, mode) => {
      const by = source === "policy" ? "ルールに従えば" : "承認者の判断に従えば";
      const would = { approve: "継続する", reject: "取り消す", review: "担当者に確認する" }[effect];
      const holds =
        mode === "observe"
          ? "observe モードで動作しており書き込みを行わない"
          : "approve-only モードで動作しており取り消しを行わない";
      return `${by}この接続は${would}ところですが、plgate は${holds}ため、Azure 上で誰かが変更するまで接続されたままです。`;
    },

    whyTitle: "確認をお願いする理由",
    policyTitle: "現在のポリシーの判定",
    consumerTitle: "接続中の利用者",
    labels: { ...japaneseCard.labels, asked: "確認の開始" },
    message: "申請時に利用者が記入した内容です。内容の確認は行われていません:",
    noMessage: "申請時に利用者からのメッセージはありませんでした。",

    approvalsTitle: "継続への同意",
    stillNeeded: (groups) => `継続するには、次のグループの同意が必要です: ${groups}`,
    vote: {
      approve: (justification) => `継続: ${justification}`,
      reject: (justification) => `取り消し: ${justification}`,
    },

    lastApproval: "［継続］を押すと、エンドポイントは接続されたままになります。Azure 上では何も変わりません。",
    oneApproval:
      "［継続］を押すと、あなたの同意が 1 件として記録されます。必要な同意がそろうと、エンドポイントは接続されたままになります。Azure 上では何も変わりません。",
    rejection:
      "［取り消す］は 1 件で確定し、直ちに Azure でエンドポイントが切断されます。元には戻せません。接続するには、利用者による再申請が必要です。",
    noRejection:
      "plgate は approve-only モードで動作しており、取り消しを行いません。この接続を終了する場合は、Azure 上で拒否または削除してください。",
    afterDeadline: {
      leave: (moment) =>
        `${moment} までに判断が行われない場合、この確認は終了します。接続は残り、誰も確認していないものとして記録されます。`,
      reject: (moment) => `${moment} までに継続と判断されない場合、この接続は取り消されます。`,
    },
    buttons: { ...japaneseCard.buttons, approve: "継続", reject: "取り消す" },

    answers: { approve: "継続", reject: "取り消し" },
    nobodyInTime: "期限までに継続と判断されませんでした。",
    nextStep: {
      role: "このサービスの privateEndpointConnections に書き込みと削除ができるロールを plgate の ID に割り当て、次の再試行をお待ちください。",
      lock: "サービスまたはそのリソース グループのロックを解除し、次の再試行をお待ちください。",
      "azure-policy":
        "Azure Policy により変更が禁止されています。サービスを適用除外にするか、Azure 上で接続を取り消してください。",
      other:
        "下記のメッセージが示す原因を取り除くか、Azure 上で接続を削除してください。Azure が承認済みの接続の拒否を受け付けない場合は、plgate の REVOKE-BY 設定を remove にすると、拒否の代わりに接続を削除します。",
    },
  },

  question: "この接続を継続しますか。期限はなく、回答があるまで接続はそのまま残ります。",
  goes: "取り消し予定",
  goesAt: (moment) => `${moment} までに継続と判断されない限り、接続は取り消されます。`,
  heldAt: (moment) =>
    `期限は ${moment} です。plgate は approve-only モードで動作しており取り消しを行わないため、期限を過ぎても接続は残ります。`,
  afterDeadlineHeld: (moment) =>
    `${moment} までに判断が行われない場合、本来は取り消されますが、approve-only モードのため見合わせます。`,

  causes: {
    drift: "Azure の状態が plgate の判断と異なっています。",
    policy: "現在有効なポリシーでは、この接続は承認されません。",
    expiry: "この承認には有効期間があり、まもなく終了します。",
    recertification: "承認済みの接続を見直しており、この接続もその対象です。",
    drain: "このサービスを削除できるように、すべての接続を取り消しています。",
  },
  policyNow: {
    approve: (reason) => `承認と判定されます: ${reason}`,
    reject: (reason) => `拒否と判定されます: ${reason}`,
    review: (reason) => `担当者への確認と判定されます: ${reason}`,
  },

  approvalTitle: "対象の承認",
  approval: {
    approved: "承認日時",
    kept: "直近の継続",
    by: "判断者",
    request: "申請",
    ends: "承認の期限",
    run: "見直しの番号",
  },
  neverApproved: "plgate による承認の記録はありません。",
  earlier: (state, by, moment) => {
    const ends = {
      received: "見直しを受付",
      "awaiting-decision": "継続の判断待ち",
      approving: "継続を確認中",
      rejecting: "取り消しを反映中",
      approved: "継続",
      rejected: "取り消し",
      expired: "確認されないまま継続",
      withdrawn: "見直しは不要",
      "resolved-elsewhere": "plgate 以外で変更",
      failed: "Azure での取り消しに失敗",
    };
    return `${ends[state]}、${by === null ? "" : `${by}、`}${moment}`;
  },
};
