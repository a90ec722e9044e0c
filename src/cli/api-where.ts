import type { ApiPlace } from "../compose-cli.ts";
import { type OperatorConfig, readOperatorConfig } from "../runtime/operator-config.ts";
import { Refusal } from "./verb.ts";
import { defaultState, localState, member } from "./where.ts";

/** The options of every verb that asks the running app. */
export const apiOptions = {
  url: { type: "string" },
  audience: { type: "string" },
  token: { type: "string" },
  local: { type: "boolean" },
  state: { type: "string" },
  as: { type: "string" },
} as const;

export const apiUsage = `Where the app is:
  --url URL      its address, or set PLGATE_PUBLIC_URL (or AZURE_FUNCTION_APP_URL, as azd does)
  --audience ID  application id of its API, or set PLGATE_API_AUDIENCE: a token for it is asked of "az login"
  --token TOKEN  a token for it instead; better in PLGATE_API_TOKEN, which no list of processes shows
  --local        the local stack that runs now ("npm start")
  --state FILE   where that stack says where it is; .local/state.json when left out
  --as NAME      who you are for that stack, such as megan; an operator who is in no group when left out
`;

type Given = {
  readonly url?: string | undefined;
  readonly audience?: string | undefined;
  readonly token?: string | undefined;
  readonly local?: boolean | undefined;
  readonly state?: string | undefined;
  readonly as?: string | undefined;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the app is, by option or environment; undefined where nobody says. Without a way to a token it has no door. */
export function apiPlaceOf(given: Given, environment: Environment): ApiPlace | undefined {
  if (given.local) {
    if (given.url !== undefined) throw new Refusal("--local and --url name two places; leave one out");
    return localApi(given.state ?? defaultState, given.as);
  }
  if (given.as !== undefined) throw new Refusal("--as is for --local");
  const config = readOperatorConfig(environment);
  const url = given.url ?? config.url;
  return url === undefined ? undefined : { url: safeAddress(url), door: doorOf(given, config) };
}

/** The same for a command that cannot do without. */
export function neededApiPlace(given: Given, environment: Environment): ApiPlace {
  const place = apiPlaceOf(given, environment);
  if (!place) throw new Refusal("where is the app? Say --url URL (or set PLGATE_PUBLIC_URL), or --local");
  if (place.door) return place;
  throw new Refusal("who are you? Say --audience ID (or set PLGATE_API_AUDIENCE) to go by az login, or give --token");
}

function doorOf({ token, audience }: Given, config: OperatorConfig): ApiPlace["door"] {
  const have = token ?? config.token;
  if (have !== undefined) return { kind: "token", token: have };
  const api = audience ?? config.audience;
  if (api === undefined) return undefined;
  const scope = `${api.startsWith("api://") ? api : `api://${api}`}/.default`;
  return { kind: "signed-in", authority: config.authority, scope };
}

/** A token goes there: over https, or to this machine. */
function safeAddress(text: string): string {
  const url = URL.parse(text);
  const here = url !== null && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url?.protocol === "https:" || (url?.protocol === "http:" && here)) return url.href.replace(/\/+$/, "");
  throw new Refusal(`--url takes an address that begins with https://, not ${JSON.stringify(text)}`);
}

function localApi(stateFile: string, user: string | undefined): ApiPlace {
  const state = localState(stateFile);
  const url = member(member(state, "functions"), "url");
  const issuer = member(state, "issuer");
  const [controlUrl, controlSecret] = [member(issuer, "controlUrl"), member(issuer, "controlSecret")];
  if (typeof url !== "string" || typeof controlUrl !== "string" || typeof controlSecret !== "string") {
    throw new Refusal(`${stateFile} does not say where app and token issuer are (functions.url, issuer)`, 1);
  }
  return {
    url: url.replace(/\/+$/, ""),
    door: { kind: "local", controlUrl, controlSecret, ...(user ? { user } : {}) },
  };
}
