import type { Language } from "./language.ts";

const english = {
  "service.id": "the service's id",
  "service.name": "the service's name",
  "service.resourceGroup": "the service's resource group",
  "service.subscriptionId": "the service's subscription",
  "service.alias": "the service's alias",
  "service.region": "the service's region",
  "service.visibility": "who may ask for the service",
  "service.connections.pending": "how many connections wait on the service",
  "service.connections.approved": "how many connections the service has",
  "service.connections.rejected": "how many connections the service rejected",
  "service.connections.total": "how many connections the service has in all",
  "service.natIps": "the service's NAT addresses",
  "service.natPorts": "how many of the service's NAT ports are in use",
  "service.proxyProtocol": "the service's proxy protocol",
  "service.tags.*": "the service's tag",
  "endpoint.id": "the endpoint's id",
  "endpoint.name": "the endpoint's name",
  "endpoint.resourceGroup": "the endpoint's resource group",
  "endpoint.region": "the endpoint's region",
  "consumer.subscriptionId": "the consumer's subscription",
  "consumer.registered": "whether the consumer is registered",
  "consumer.tenantId": "the consumer's tenant",
  "consumer.name": "the consumer's name",
  "consumer.tier": "the consumer's tier",
  "consumer.tags.*": "the consumer's tag",
  "consumer.connectionsOnService": "how many connections the consumer has here",
  "request.message": "the consumer's message",
  "history.rejectedBefore": "whether the consumer was rejected here before",
  "history.approvedBefore": "whether the consumer was approved here before",
  "time.now": "the time",
} as const;

const japanese: Readonly<Record<keyof typeof english, string>> = {
  "service.id": "サービスの ID",
  "service.name": "サービスの名前",
  "service.resourceGroup": "サービスのリソース グループ",
  "service.subscriptionId": "サービスのサブスクリプション",
  "service.alias": "サービスのエイリアス",
  "service.region": "サービスのリージョン",
  "service.visibility": "サービスの公開範囲",
  "service.connections.pending": "サービスの保留中の接続数",
  "service.connections.approved": "サービスの承認済みの接続数",
  "service.connections.rejected": "サービスの拒否された接続数",
  "service.connections.total": "サービスの全接続数",
  "service.natIps": "サービスの NAT アドレス数",
  "service.natPorts": "サービスの NAT ポート使用率",
  "service.proxyProtocol": "サービスのプロキシ プロトコル設定",
  "service.tags.*": "サービスのタグ",
  "endpoint.id": "エンドポイントの ID",
  "endpoint.name": "エンドポイントの名前",
  "endpoint.resourceGroup": "エンドポイントのリソース グループ",
  "endpoint.region": "エンドポイントのリージョン",
  "consumer.subscriptionId": "利用者のサブスクリプション",
  "consumer.registered": "利用者の登録の有無",
  "consumer.tenantId": "利用者のテナント",
  "consumer.name": "利用者の名前",
  "consumer.tier": "利用者の区分",
  "consumer.tags.*": "利用者のタグ",
  "consumer.connectionsOnService": "このサービスでの利用者の接続数",
  "request.message": "利用者のメッセージ",
  "history.rejectedBefore": "利用者が以前拒否されたかどうか",
  "history.approvedBefore": "利用者が以前承認されたかどうか",
  "time.now": "現在の日時",
};

const names: Readonly<Record<Language, Readonly<Record<string, string>>>> = { en: english, ja: japanese };

/**
 * What policy calls a fact, said for people; a tag keeps its key, and a name that is no fact stays as it is.
 * What comes out may hold a key that somebody wrote: it is not safe to show as it is.
 */
export function factInWords(fact: string, language: Language): string {
  const known = names[language];
  if (Object.hasOwn(known, fact)) return known[fact] ?? fact;
  const [, family, key] = /^((?:service|consumer)\.tags\.)(.+)$/s.exec(fact) ?? [];
  const tag = family && known[`${family}*`];
  return tag ? `${tag} ${key}` : fact;
}
