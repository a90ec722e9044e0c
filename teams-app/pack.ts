import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageFaults } from "./check-package.ts";
import { type AppWish, japaneseTexts, longest, manifestOf } from "./manifest.ts";
import { type ZipEntry, zipOf } from "./zip.ts";

const usage = `Makes the Teams app package of one deployment: the zip that is uploaded to Teams.

  npm run teams:package -- --bot-id GUID [--public-url URL] [--app-id GUID] [--name NAME] [--out FILE]

  --bot-id GUID        client id of the identity that the bot is registered with; or set PLGATE_BOT_APP_ID.
                       "azd env get-value AZURE_IDENTITY_CLIENT_ID" prints it
  --public-url URL     where plgate answers; or set PLGATE_PUBLIC_URL, or AZURE_FUNCTION_APP_URL as azd does.
                       Its host is the one that cards may link to
  --app-id GUID        id of the app in the catalogue of your tenant; the bot's when left out. Keep it: another id is another app
  --app-version X.Y.Z  1.0.0 when left out. Raise it to upload the package of an app that is there already
  --name NAME          what people see as the sender, ${longest.name} characters at most; plgate when left out
  --developer NAME     who answers for the app in your organisation, ${longest.developer} characters at most; plgate when left out
  --website URL        where administrators read about it; the public address when left out
  --out FILE           plgate-teams-app.zip when left out
  --help               this text

The manifest is checked against Microsoft's schema before anything is written. The same wishes give the same bytes.
docs/teams-setup.md says what to do with the file.

Exit code: 0 written, 1 the package would not be accepted, 2 wrong usage.
`;

const options = {
  "bot-id": { type: "string" },
  "app-id": { type: "string" },
  "app-version": { type: "string" },
  "public-url": { type: "string" },
  name: { type: "string" },
  developer: { type: "string" },
  website: { type: "string" },
  out: { type: "string" },
  help: { type: "boolean" },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** What was asked for: a package, the usage, or what is wrong with the wish. */
type Asked =
  | { readonly kind: "pack"; readonly wish: AppWish; readonly out: string }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly faults: readonly string[] };

/** What the command says, where, and how it ends. */
export type Ended = { readonly exitCode: 0 | 1 | 2; readonly out: string; readonly err: string };

/** Runs the command; writes the file and nothing else. */
export function packTeamsApp(
  args: readonly string[],
  environment: Environment,
  write: (file: string, bytes: Uint8Array) => void,
): Ended {
  const asked = readWish(args, environment);
  if (asked.kind === "help") return { exitCode: 0, out: usage, err: "" };
  if (asked.kind === "wrong") return refusal(2, [...asked.faults, `"npm run teams:package -- --help" says more`]);
  const files = filesOf(asked.wish);
  const faults = packageFaults(files);
  if (faults.length > 0) return refusal(1, ["Teams would not accept this package; nothing was written", ...faults]);
  write(asked.out, zipOf(files));
  return { exitCode: 0, out: summary(asked.wish, asked.out), err: "" };
}

/** The files of the package, in the order in which they are packed. */
export function filesOf(wish: AppWish): readonly ZipEntry[] {
  const json = (value: object) => Buffer.from(`${JSON.stringify(value, null, 2)}\n`, "utf8");
  const icon = (name: string): ZipEntry => ({ name, bytes: readFileSync(join(import.meta.dirname, name)) });
  return [
    { name: "manifest.json", bytes: json(manifestOf(wish)) },
    { name: "ja.json", bytes: json(japaneseTexts(wish)) },
    icon("color.png"),
    icon("outline.png"),
  ];
}

function refusal(exitCode: 1 | 2, lines: readonly string[]): Ended {
  return { exitCode, out: "", err: lines.map((line) => `teams:package: ${line}\n`).join("") };
}

function readWish(args: readonly string[], environment: Environment): Asked {
  const given = readOptions(args);
  if (typeof given === "string") return { kind: "wrong", faults: [given] };
  if (given.help) return { kind: "help" };
  const wish = wishOf(given, environment);
  const faults = wishFaults(wish);
  if (faults.length > 0) return { kind: "wrong", faults };
  return { kind: "pack", wish, out: given.out ?? "plgate-teams-app.zip" };
}

type Given = Exclude<ReturnType<typeof readOptions>, string>;

function wishOf(given: Given, environment: Environment): AppWish {
  // azd leaves variables empty that nobody set.
  const set = (...names: readonly string[]) => names.map((name) => environment[name]).find((value) => value);
  const publicUrl = (given["public-url"] ?? set("PLGATE_PUBLIC_URL", "AZURE_FUNCTION_APP_URL"))?.replace(/\/+$/, "");
  const botId = (given["bot-id"] ?? set("PLGATE_BOT_APP_ID") ?? "").toLowerCase();
  const { "app-id": appId = botId, "app-version": version = "1.0.0", name = "plgate", developer = "plgate" } = given;
  return {
    ...{ botId, appId: appId.toLowerCase(), version, name, developer },
    publicUrl: publicUrl ?? null,
    websiteUrl: given.website ?? publicUrl ?? placeholder,
  };
}

/** A manifest cannot do without an address. This one is nobody's, and the summary says so. */
const placeholder = "https://example.com/plgate";

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // Node names the option that it does not know, or that lacks its value.
    return error instanceof Error ? error.message : String(error);
  }
}

function wishFaults(wish: AppWish): readonly string[] {
  const fits = (text: string, most: number) => text.trim() !== "" && [...text].length <= most;
  const checks: readonly (readonly [fine: boolean, fault: string])[] = [
    [
      isGuid(wish.botId),
      wish.botId === ""
        ? "--bot-id is missing (or PLGATE_BOT_APP_ID): the client id of the identity that the bot is registered with"
        : `--bot-id takes a GUID, not ${JSON.stringify(wish.botId)}`,
    ],
    [wish.appId === wish.botId || isGuid(wish.appId), `--app-id takes a GUID, not ${JSON.stringify(wish.appId)}`],
    [
      /^\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(wish.version),
      `--app-version takes X.Y.Z, not ${JSON.stringify(wish.version)}`,
    ],
    [fits(wish.name, longest.name), `--name has 1 to ${longest.name} characters`],
    [fits(wish.developer, longest.developer), `--developer has 1 to ${longest.developer} characters`],
    [wish.publicUrl === null || isHttps(wish.publicUrl), "--public-url takes an address that begins with https://"],
    [
      wish.websiteUrl === wish.publicUrl || isHttps(wish.websiteUrl),
      "--website takes an address that begins with https://",
    ],
  ];
  return checks.filter(([fine]) => !fine).map(([, fault]) => fault);
}

function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(text);
}

function isHttps(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "https:" && url.username === "" && url.password === "";
}

function summary({ name, botId, appId, version, publicUrl, websiteUrl }: AppWish, out: string): string {
  const lines = [
    `${out} is written: app ${name} ${version}`,
    `  bot   ${botId}`,
    `  app   ${appId}`,
    `  link  ${publicUrl ?? "none: no address of plgate was given, so cards have no page to lead to (--public-url)"}`,
    ...(websiteUrl === placeholder
      ? [`  note  administrators are sent to ${placeholder}; say --website to change it`]
      : []),
    "Checked against Microsoft's manifest schema. Next: upload it, as docs/teams-setup.md describes",
  ];
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) {
  const ended = packTeamsApp(process.argv.slice(2), process.env, writeFileSync);
  process.stdout.write(ended.out);
  process.stderr.write(ended.err);
  process.exitCode = ended.exitCode;
}
