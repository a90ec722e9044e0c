import type { BulletinNames, BulletinWords, Fill, RunCount, RunDoes } from "./bulletin-words.ts";

const doing: Readonly<Record<RunDoes, string>> = {
  recertify: "承認の見直し",
  judge: "承認と現在のポリシーとの照合",
  drain: "全接続の取り消し",
};

const fates: Readonly<Record<string, string>> = {
  planned: "未確認",
  open: "判断待ち",
  kept: "継続",
  "taken-away": "取り消し",
  flagged: "確認なしで継続",
  stays: "変更なし",
  withdrawn: "判断不要",
  elsewhere: "plgate 以外で変更",
  unasked: "時間切れ",
};

const askAnew = "誤りであれば、利用者による再申請が必要です。";
const nothing = "必要な操作はありません。";

export const japaneseBulletin: BulletinWords = {
  connection: {
    "approved-outside": {
      say: (names) => `${connectionOf(names)}は Azure で承認済みですが、plgate による判断の記録がありません。`,
      next: "承認すべきでない場合は、Azure 上で拒否してください。記録のみを行い、接続はそのまま残します。",
    },
    adopted: {
      say: (names) =>
        `${connectionOf(names)}は plgate を通さずに承認されました。ポリシーでも承認されるため、plgate の承認として扱います。`,
      next: nothing,
    },
    "no-longer-approved": {
      say: (names) => `${connectionOf(names)}は承認済みですが、現在有効なポリシーでは承認されません。`,
      next: "接続はそのまま残ります。Azure 上で取り消すか、ポリシーを変更してください。",
    },
    "ended-outside": {
      say: (names) => `plgate が承認した ${connectionOf(names)}が、Azure 上で終了されました。`,
      next: askAnew,
    },
    "pending-again": {
      say: (names) => `plgate が拒否した ${connectionOf(names)}が、再び保留中になりました。`,
      next: "通常の申請と同じように改めて判定します。",
    },
    "ended-rejected": {
      say: (names) => `plgate が承認した ${connectionOf(names)}が、Azure 上で拒否されました。`,
      next: askAnew,
    },
    "ended-disconnected": {
      say: (names) => `plgate が承認した ${connectionOf(names)}が、Azure 上で切断されました。`,
      next: askAnew,
    },
    "ended-gone": {
      say: (names) => `${connectionOf(names)}がなくなり、その承認は終了しました。`,
      next: nothing,
    },
    "ended-replaced": {
      say: (names) => `${connectionOf(names)}は別のエンドポイントに置き換えられ、その承認は終了しました。`,
      next: "新しいエンドポイントは改めて判定します。",
    },
    "ended-pending": {
      say: (names) => `plgate が承認した ${connectionOf(names)}が、再び保留中になりました。`,
      next: "通常の申請と同じように改めて判定します。",
    },
  },
  service: {
    "auto-approval": {
      say: ({ service }) => `${service} では Azure の自動承認が有効なため、ポリシーを通さずに接続が承認されます。`,
      next: "意図したものでなければ、サービスの自動承認の一覧を空にしてください。",
    },
    "visible-to-anyone": {
      say: ({ service }) => `エイリアスを知っていれば誰でも ${service} への接続を申請できます。`,
      next: "意図したものでなければ、サービスの公開範囲を制限してください。",
    },
    cleared: { say: ({ service }) => `${service} で検出された状態は解消されました。`, next: nothing },
  },
  capacity: {
    connections: {
      say: ({ service }, fill) => `${service} の接続数が Azure の上限に近づいています${filled(fill)}。`,
      next: "使われていない接続を取り消すか、新しい利用者を別のサービスに案内してください。上限に達すると接続を受け付けられません。",
    },
    "nat-addresses": {
      say: ({ service }, fill) => `${service} の NAT アドレス数が Azure の上限に近づいています${filled(fill)}。`,
      next: "まもなくアドレスを追加できなくなるため、別のサービスを検討してください。",
    },
    "nat-ports": {
      say: ({ service }, fill) => `${service} の NAT ポートの残りが少なくなっています${filled(fill)}。`,
      next: "NAT アドレスを追加してください。ポートはすべての利用者で共有されるため、利用者が増えると他の利用者に影響します。",
    },
    "auto-approval": {
      say: ({ service }, fill) => `${service} の自動承認の一覧が Azure の上限に近づいています${filled(fill)}。`,
      next: "一覧からサブスクリプションを外してください。ポリシーで判定できます。",
    },
    visibility: {
      say: ({ service }, fill) => `${service} の公開範囲の一覧が Azure の上限に近づいています${filled(fill)}。`,
      next: "一覧からサブスクリプションを外すか、別のサービスを検討してください。",
    },
  },
  run: {
    proposed: {
      say: (does, run, service) => `${at(service)}${doing[does]}が提案されました。番号: ${run}。`,
      next: "実行するには、もう一人の確認が必要です。",
    },
    started: {
      say: (does, run, service) => `${at(service)}${doing[does]}が始まりました。番号: ${run}。`,
      next: "判断が必要な接続については、カードが表示されます。いつでも停止できます。",
    },
    drained: {
      say: (does, run, service) => `${at(service)}${doing[does]}が完了し、接続はなくなりました。番号: ${run}。`,
      next: "サービスを削除できます。",
    },
    "drained-listed": {
      say: (does, run, service) => `${at(service)}${doing[does]}が完了し、接続はなくなりました。番号: ${run}。`,
      next: "終了した接続が Azure の一覧に残っているため、削除するまでサービスの削除が拒否されることがあります。",
    },
    stopped: {
      say: (does, run, service) => `${at(service)}${doing[does]}は停止されました。番号: ${run}。`,
      next: "判断されていない接続はそのまま残ります。",
    },
    finished: {
      say: (does, run, service, counts) =>
        `${at(service)}${doing[does]}が完了しました。番号: ${run}${counted(counts)}。`,
      next: nothing,
    },
  },
  headings: {
    drift: "Azure の状態が記録と異なります",
    capacity: "Azure の上限に近づいています",
    ended: "承認が終了しました",
    run: "接続の一括処理",
    other: "plgate からのお知らせ",
  },
  labels: {
    service: "サービス",
    connection: "接続",
    subscription: "利用者のサブスクリプション",
    subscriptions: "サブスクリプション",
    seen: "確認日時",
  },
  unknown: "不明",
};

function connectionOf({ service, connection, consumer }: BulletinNames): string {
  return `${consumer === null ? "" : `${consumer} の `}${connection} から ${service} への接続`;
}

function at(service: string | null): string {
  return service === null ? "" : `${service} の`;
}

function filled({ percent, used, most }: Fill): string {
  const share = percent === null ? "" : `${percent} パーセント超`;
  const count = used === null || most === null ? "" : `${most} のうち ${used}`;
  const said = [count, share].filter(Boolean).join("、");
  return said === "" ? "" : `: ${said}`;
}

function counted(counts: readonly RunCount[]): string {
  return counts.length === 0
    ? ""
    : `、${counts.map(({ fate, count }) => `${fates[fate] ?? fate} ${count} 件`).join("、")}`;
}
