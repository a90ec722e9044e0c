import { accentColor } from "./icons.ts";

/** What differs from one deployment to another. */
export type AppWish = {
  /** Client id of the identity that the bot is registered with. */
  readonly botId: string;
  /** Id of the app in the catalogue of the tenant. */
  readonly appId: string;
  /** Raised whenever a package is uploaded anew. */
  readonly version: string;
  /** What people see as the sender of a card. */
  readonly name: string;
  readonly developer: string;
  /** Where plgate answers; null when only Teams reaches it. Its host is the one domain that the app may show. */
  readonly publicUrl: string | null;
  /** Where to read who is responsible, for an administrator who is asked to allow the app. */
  readonly websiteUrl: string;
};

/** The oldest version that knows all we use: nothing here needs a newer one, and an old tenant takes it. */
export const manifestVersion = "1.19";

/** Longest texts that a manifest may hold, as its schema says. */
export const longest = { name: 30, developer: 32 } as const;

const texts = {
  en: {
    full: (name: string) => `${name}: who may connect to Private Link`,
    short: "Decide who may connect to your Azure Private Link Services.",
    long: [
      "Posts a card into your channel when somebody asks for a private endpoint connection that no policy decides.",
      "The card shows who asks, for what, and why people are asked; the reviewers whom the policy names approve or reject on it.",
      "Every answer is checked again by the server and written to an audit.",
      "The app reads no messages and no files, and asks for no permission beyond posting where it was added.",
    ],
  },
  ja: {
    full: (name: string) => `${name}: Private Link 接続の承認`,
    short: "Azure Private Link Service への接続を承認または拒否します。",
    long: [
      "ポリシーでは判断できないプライベート エンドポイント接続の要求があると、チャネルにカードを投稿します。",
      "カードには、誰が何に接続しようとしているか、なぜ人の判断が必要かが表示され、ポリシーで指定された承認者がカード上で承認または拒否します。",
      "回答はすべてサーバーで再確認され、監査記録に残ります。",
      "このアプリはメッセージやファイルを読み取らず、追加された場所への投稿以外の権限を求めません。",
    ],
  },
} as const;

/** The manifest of the Teams app. No permission is asked for: a bot may post where its app was added. */
export function manifestOf(wish: AppWish) {
  const { botId, appId, version, name, developer, publicUrl, websiteUrl } = wish;
  return {
    $schema: `https://developer.microsoft.com/en-us/json-schemas/teams/v${manifestVersion}/MicrosoftTeams.schema.json`,
    manifestVersion,
    version,
    id: appId,
    developer: { name: developer, websiteUrl, privacyUrl: websiteUrl, termsOfUseUrl: websiteUrl },
    name: { short: name, full: texts.en.full(name) },
    description: { short: texts.en.short, full: texts.en.long.join(" ") },
    localizationInfo: { defaultLanguageTag: "en", additionalLanguages: [{ languageTag: "ja", file: "ja.json" }] },
    icons: { color: "color.png", outline: "outline.png" },
    accentColor,
    bots: [
      {
        botId,
        scopes: ["team"],
        isNotificationOnly: false,
        supportsFiles: false,
        supportsCalling: false,
        supportsVideo: false,
      },
    ],
    defaultInstallScope: "team",
    defaultGroupCapability: { team: "bot" },
    ...(publicUrl === null ? {} : { validDomains: [new URL(publicUrl).host] }),
  };
}

/** The manifest's texts in Japanese, in the form that Teams reads them. */
export function japaneseTexts({ name }: Pick<AppWish, "name">) {
  return {
    $schema: `https://developer.microsoft.com/en-us/json-schemas/teams/v${manifestVersion}/MicrosoftTeams.Localization.schema.json`,
    "name.short": name,
    "name.full": texts.ja.full(name),
    "description.short": texts.ja.short,
    "description.full": texts.ja.long.join(""),
  };
}
