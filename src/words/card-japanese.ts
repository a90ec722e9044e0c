import type { CardWords } from "./card-words.ts";

/** What a card says in Japanese: polite, and with the words that Azure's Japanese portal uses. */
export const japaneseCard: CardWords = {
  status: {
    received: "受付済み",
    "awaiting-decision": "判断待ち",
    approving: "承認を反映中",
    rejecting: "拒否を反映中",
    approved: "承認済み",
    rejected: "拒否済み",
    expired: "期限切れ",
    withdrawn: "取り下げ",
    "resolved-elsewhere": "plgate 以外で処理済み",
    failed: "失敗、運用担当者の対応が必要です",
    held: "見合わせ、plgate は書き込みを行いません",
  },
  tallied: (status, given, needed) => `${status}: 承認 ${needed} 件中 ${given} 件`,
  summary: (status, endpoint, customer, service) =>
    `${status}: ${customer === null ? "" : `${customer} の `}${endpoint} から ${service} への接続`,

  unregistered: "登録されていない利用者",
  nameless: "名前が登録されていない利用者",
  unknownConsumer: "Azure からは特定できない利用者",
  asks: (who, endpoint, service) =>
    `${who} が、プライベート エンドポイント ${endpoint} から ${service} への接続を申請しています。`,
  answerUntil: (moment) => `回答期限: ${moment}`,
  noReviewers:
    "承認グループが指定されていないため、誰も回答できません。ポリシーまたは既定の承認グループを設定してください。",
  applying: {
    approve: "承認を記録し、Azure に反映しています。Azure が確認するまでは有効になりません。",
    reject: "拒否を記録し、Azure に反映しています。Azure が確認するまでは有効になりません。",
  },
  confirmed: {
    approve: (endpoint, service) =>
      `プライベート エンドポイント ${endpoint} は ${service} に接続できます。Azure で確認済みのため、これ以上の作業は不要です。`,
    reject: (endpoint, service) =>
      `プライベート エンドポイント ${endpoint} は ${service} に接続できません。Azure で確認済みです。接続するには、利用者による再申請が必要です。`,
  },
  expired:
    "期限までに判断が行われませんでした。Azure 上の接続は保留中のままで、自動的に再度確認されることはありません。",
  withdrawn: {
    "connection-gone": "接続が削除されたため、判断は不要になりました。",
    "service-gone": "Private Link サービスがなくなったため、判断は不要になりました。",
    replaced:
      "別のエンドポイントに置き換えられたため、この申請の判断は不要になりました。新しい申請は別途表示されます。",
    "pending-again": "新しい申請が別途表示されるため、この申請の判断は不要になりました。",
    other: "判断は不要になりました。",
  },
  elsewhere: {
    approved: "plgate を通さず、Azure 上で直接承認されました。判断は不要です。",
    rejected: "plgate を通さず、Azure 上で直接拒否されました。判断は不要です。",
    disconnected: "plgate を通さず、Azure 上で直接切断されました。判断は不要です。",
    other: "plgate を通さず、Azure 上で接続が直接変更されました。判断は不要です。",
  },
  failed: {
    approve: "Azure に承認を反映できませんでした。エンドポイントはまだ接続できません。",
    reject: "Azure に拒否を反映できませんでした。接続は保留中のままです。",
  },
  held: (source, effect, mode) => {
    const by = source === "policy" ? "ポリシーに従えば" : "承認者の判断に従えば";
    const would = { approve: "承認する", reject: "拒否する", review: "担当者に確認する" }[effect];
    const holds =
      mode === "observe"
        ? "observe モードで動作しており書き込みを行わない"
        : "approve-only モードで動作しており拒否を行わない";
    return `${by}この接続は${would}ところですが、plgate は${holds}ため、Azure 上で誰かが処理するまで保留中のままです。`;
  },
  copy: "このカードは写しのため、回答を受け付けません。このチャネルにある元のカードで回答してください。",

  whyTitle: "確認をお願いする理由",
  policyTitle: "ポリシーの判定",
  overruled: (why, effect, reason) => {
    const because =
      why === "service"
        ? "Private Link サービス自体が正常な状態ではありませんでした。"
        : "どのプライベート エンドポイントからの申請か、Azure からは分かりません。";
    return `${because}ポリシーだけなら${effect === "approve" ? "承認" : "拒否"}となります: ${reason}`;
  },
  noPolicyInForce: "有効なポリシーがありません。",
  noPolicy: "このサービスを対象とするポリシーがありません。",
  noRule: "この申請を承認するルールがありません。",
  notTold: (rule, facts) => `ルール ${rule} は、次の情報が得られず判定できませんでした: ${facts}。`,
  rules: "ルール",
  unreadFacts: "取得できなかった情報",

  consumerTitle: "申請者",
  serviceTitle: "接続先",
  labels: {
    customer: "利用者",
    tier: "区分",
    subscription: "サブスクリプション",
    tenant: "テナント",
    resourceGroup: "リソース グループ",
    region: "リージョン",
    endpoint: "エンドポイント",
    endpointRegion: "リージョン",
    service: "サービス",
    asked: "申請日時",
  },
  notRegistered: "未登録",
  withoutName: "名前なしで登録済み",
  message: "利用者が記入した内容です。内容の確認は行われていません:",
  noMessage: "利用者からのメッセージはありません。",

  earlierTitle: "この利用者の過去の申請",
  noEarlier: "このサービスへの過去の申請はありません。",
  earlierUnreadable: "過去の申請を読み取れませんでした。",
  decidedBefore: (approved, rejected) => {
    const ends = [approved ? "承認" : "", rejected ? "拒否" : ""].filter(Boolean).join("と");
    return `この利用者は、以前このサービスで${ends}されたことがあります。`;
  },
  earlier: (state, by, moment) => {
    const ends = {
      received: "未処理",
      "awaiting-decision": "判断待ち",
      approving: "承認を反映中",
      rejecting: "拒否を反映中",
      approved: "承認",
      rejected: "拒否",
      expired: "期限切れ、判断なし",
      withdrawn: "取り下げ",
      "resolved-elsewhere": "plgate 以外で処理",
      failed: "Azure で失敗",
    };
    return `${ends[state]}、${by === null ? "" : `${by}、`}${moment}`;
  },

  approvalsTitle: "承認状況",
  given: (given, needed, by) => `${needed} 件中 ${given} 件${by === null ? "" : `: ${by}`}`,
  orGroup: (standIn) => `または ${standIn}`,
  inPlaceOf: (group, since) => `${group} の代理${since === null ? "" : `、${since} から`}`,
  stillNeeded: (groups) => `次のグループの承認が必要です: ${groups}`,
  vote: {
    approve: (justification) => `承認: ${justification}`,
    reject: (justification) => `拒否: ${justification}`,
  },

  answerTitle: "あなたの回答",
  lastApproval: "［承認］を押すと、直ちに Azure に反映され、このエンドポイントは接続できるようになります。",
  oneApproval:
    "［承認］を押すと、あなたの承認が 1 件として記録されます。必要な承認がそろうと、直ちに Azure に反映され、このエンドポイントは接続できるようになります。",
  rejection: "［拒否］は 1 件で確定し、この接続については取り消せません。接続するには、利用者による再申請が必要です。",
  noRejection: "plgate は approve-only モードで動作しています。この接続を拒否する場合は、Azure 上で行ってください。",
  afterDeadline: {
    leave: (moment) =>
      `${moment} までに判断が行われない場合、この申請は終了し、Azure 上の接続は保留中のままになります。`,
    reject: (moment) => `${moment} までに判断が行われない場合、ルールに従ってこの接続は拒否されます。`,
  },
  onPage:
    "この申請は Teams 上では判断できません。ルールにより、改めてサインインする必要があります。ボタンから専用のページを開いてください。",
  onPageWithoutLink:
    "この申請は Teams 上では判断できません。ルールにより、plgate のページで改めてサインインする必要があります。ページのアドレスが未設定のため、運用担当者にお問い合わせください。",
  justification: {
    label: "判断の理由",
    placeholder: "お名前とともに監査記録に残ります。利用者には表示されません",
    missing: "判断の理由を入力してください。",
  },
  buttons: {
    approve: "承認",
    reject: "拒否",
    open: "申請を開く",
    refresh: "最新の状態に更新",
    signIn: "サインインして判断する",
  },

  decidedTitle: "判断の内容",
  endedTitle: "終了の状況",
  ending: {
    answer: "判断",
    by: "判断者",
    when: "日時",
    why: "理由",
    lasts: "有効期間",
    confirmed: "Azure の確認",
    ended: "終了",
    ends: "承認の期限",
  },
  answers: { approve: "承認", reject: "拒否" },
  nobodyInTime: "期限までに判断が行われず、ルールに従って拒否されました。",
  robot: "plgate、ポリシーによる",
  somebodyOutside: "plgate 以外",
  through: {
    event: (who) => `${who}、自動処理`,
    timer: (who) => `${who}、自動処理`,
    teams: (who) => `${who}、Teams`,
    api: (who) => `${who}、API`,
    console: (who) => `${who}、Web ページ`,
    cli: (who) => `${who}、コマンド ライン`,
    outside: (who) => `${who}、Azure`,
  },
  lasting: ({ weeks, days, hours, minutes }) =>
    [
      weeks > 0 ? `${weeks} 週間` : "",
      days > 0 ? `${days} 日間` : "",
      hours > 0 ? `${hours} 時間` : "",
      minutes > 0 ? `${minutes} 分間` : "",
    ]
      .filter(Boolean)
      .join(" "),

  operatorTitle: "運用担当者の対応",
  nextStep: {
    role: "このサービスの privateEndpointConnections に書き込めるロールを plgate の ID に割り当て、次の再試行をお待ちください。",
    lock: "サービスまたはそのリソース グループのロックを解除し、次の再試行をお待ちください。",
    "azure-policy":
      "Azure Policy により変更が禁止されています。サービスを適用除外にするか、Azure 上で処理してください。",
    other: "Azure で接続を確認し、下記のメッセージが示す原因を取り除くか、Azure 上で処理してください。",
  },
  azureSaid: "Azure の応答",
  said: (code, message) => `${code}: ${message}`,
  lastTried: "直近の試行",
  tried: (moment, attempts) => `${moment}、${attempts} 回目`,
  triesAgain: "plgate は間隔を空けながら自動的に再試行します。",

  request: (id, round) => `申請 ${id}${round > 1 ? `、この接続の ${round} 件目` : ""}`,
  unknown: "不明",
  noReason: "理由の記載なし",
  listed: (texts, more) => `${texts.join("、")}${more > 0 ? `、ほか ${more} 件` : ""}`,
  more: "その他",
  moreGroups: (count) => `ほか ${count} グループ`,
};
