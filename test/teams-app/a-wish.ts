import type { AppWish } from "../../teams-app/manifest.ts";

/** A wish as an ordinary deployment makes it, with one change. */
export function aWish(change: Partial<AppWish> = {}): AppWish {
  return {
    botId: "11111111-1111-4111-8111-111111111111",
    appId: "22222222-2222-4222-8222-222222222222",
    version: "1.0.0",
    name: "plgate",
    developer: "Contoso platform",
    publicUrl: "https://plgate.contoso.example",
    websiteUrl: "https://plgate.contoso.example",
    ...change,
  };
}
