import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type Listening, listen } from "../exchange.ts";
import { authorizeRoute } from "./authorize-route.ts";
import { armAudience, eventGridResource, graphResource, issuerV2, type Principal } from "./claims.ts";
import { controlRoute } from "./control-route.ts";
import type { App, Directory, Tenant, User } from "./directory.ts";
import { type GraphOutage, graphRoute } from "./graph-route.ts";
import { identityRoute } from "./identity-route.ts";
import { type ArmTokenWish, type ChannelTokenWish, createMint, type Mint, type UserTokenWish } from "./mint.ts";
import { openidRoutes } from "./openid-routes.ts";
import { createSigningKeys, type RotateOptions, type SigningKeys } from "./signing-keys.ts";
import { tokenRoute } from "./token-route.ts";
import { type Caller, verifyResourceToken } from "./verify-resource-token.ts";

export type IssuerOptions = {
  readonly tls: { readonly key: string; readonly cert: string };
  /** Of the https side; a free one when left out. */
  readonly port?: number;
  readonly now?: () => Date;
  readonly tenants: readonly Tenant[];
  readonly users: readonly User[];
  /** Admits people whom nobody seeded, as members of this tenant; refused when left out. */
  readonly guestTenantId?: string;
  readonly apps: readonly App[];
  readonly directory: Directory;
  /** Client id of plgate's own app registration: the audience of user tokens. */
  readonly apiAudience: string;
  /** Where sign-ins of people may lead, loopback only; nowhere when left out, until it is configured. */
  readonly redirectUris?: readonly string[];
  /** App roles that this registration declares; those of design.md when left out. */
  readonly declaredRoles?: readonly string[];
};

/** What may be changed while the authority runs. */
type IssuerSettings = {
  /** Of every token from now on, unless its caller says otherwise. An hour at first. */
  readonly lifetimeSeconds: number;
  readonly graphOutage: GraphOutage | undefined;
  readonly redirectUris: readonly string[];
};

export type Issuer = {
  /** The https origin: authority of all tenants, base of the bot channel and of Graph (`<url>/v1.0/…`). */
  readonly url: string;
  /** `iss` of a tenant's user tokens. */
  issuerOf(tenantId: string): string;
  jwksUrlOf(tenantId: string): string;
  readonly botChannelKeysUrl: string;
  /** `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` for the app's process. */
  readonly identity: { readonly endpoint: string; readonly header: string };
  /** For `.local/state.json`. Whoever holds the secret may mint any user token, so the file is the owner's alone. */
  readonly control: { readonly controlUrl: string; readonly controlSecret: string };
  /** Public keys that verifiers accept now, newest first. */
  publishedKeys(): ReturnType<SigningKeys["published"]>;
  mintUserToken(wish: UserTokenWish): Promise<string>;
  mintChannelToken(wish: ChannelTokenWish): Promise<string>;
  mintArmToken(wish: ArmTokenWish): Promise<string>;
  /** Who calls ARM with this token. Throws `TokenRefused`. */
  verifyArmToken(token: string): Promise<Principal>;
  /** Who publishes on a topic of Event Grid with this token. Throws `TokenRefused`. */
  verifyTopicToken(token: string): Promise<Principal>;
  rotateKeys(options?: RotateOptions): Promise<void>;
  configure(changes: Partial<IssuerSettings>): void;
  stop(): Promise<void>;
};

/** The parts of one authority, before they are served. */
type Inside = {
  readonly options: IssuerOptions;
  readonly keys: SigningKeys;
  readonly mint: Mint;
  readonly now: () => Date;
  /** Known once the https side listens; nothing is minted or verified before. */
  readonly authority: () => string;
  readonly settings: () => IssuerSettings;
  readonly secrets: { readonly identity: string; readonly control: string };
};

type Servers = { readonly secure: Listening; readonly plain: Listening };

const designRoles = ["Reader", "Approver", "PolicyAuthor"];

/**
 * Starts the local OIDC authority (local-azure.md section F) on loopback: https for tenants, bot channel and Graph, http for
 * the managed identity and control endpoints. Its keys are made here and die with it.
 */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  let settings: IssuerSettings = {
    lifetimeSeconds: 3600,
    graphOutage: undefined,
    redirectUris: options.redirectUris ?? [],
  };
  let url = "";
  const now = options.now ?? (() => new Date());
  const authority = () => url;
  const keys = await createSigningKeys();
  const mint = createMint({ ...options, keys, now, authority, defaultLifetimeSeconds: () => settings.lifetimeSeconds });
  const secrets = { identity: randomSecret(), control: randomSecret() };
  const inside: Inside = { options, keys, mint, now, authority, secrets, settings: () => settings };
  const servers = await serve(inside);
  url = `https://127.0.0.1:${servers.secure.port}`;
  return {
    ...addresses(inside, servers),
    publishedKeys: keys.published,
    mintUserToken: mint.userToken,
    mintChannelToken: mint.channelToken,
    mintArmToken: mint.armToken,
    verifyArmToken: async (token) => principalOf(await verifyFor(armAudience, token, inside)),
    verifyTopicToken: async (token) => principalOf(await verifyFor(eventGridResource, token, inside)),
    rotateKeys: keys.rotate,
    configure: (changes) => {
      settings = { ...settings, ...changes };
    },
    stop: async () => {
      await Promise.all([servers.secure.stop(), servers.plain.stop()]);
    },
  };
}

async function serve(inside: Inside): Promise<Servers> {
  const { options, keys, mint, now, authority, secrets } = inside;
  const context = { ...options, now, authority, sign: mint.sign };
  const verify = (token: string) => verifyFor(graphResource, token, inside);
  const plain = await listen(createServer(), 0, [
    identityRoute({ ...context, header: secrets.identity }),
    controlRoute({
      secret: secrets.control,
      declaredRoles: options.declaredRoles ?? designRoles,
      mint: mint.userToken,
    }),
  ]);
  try {
    const secure = await listen(createSecureServer(options.tls), options.port ?? 0, [
      ...openidRoutes({ ...context, keys: keys.published }),
      tokenRoute(context),
      authorizeRoute({ ...context, redirectUris: () => inside.settings().redirectUris }),
      graphRoute({ ...context, users: mint.people, verify, outage: () => inside.settings().graphOutage }),
    ]);
    return { secure, plain };
  } catch (error) {
    await plain.stop();
    throw error;
  }
}

function addresses({ authority, secrets }: Inside, { plain }: Servers) {
  const local = `http://127.0.0.1:${plain.port}`;
  return {
    url: authority(),
    issuerOf: (tenantId: string) => issuerV2(authority(), tenantId),
    jwksUrlOf: (tenantId: string) => `${authority()}/${tenantId}/discovery/v2.0/keys`,
    botChannelKeysUrl: `${authority()}/v1/.well-known/keys`,
    identity: { endpoint: `${local}/identity`, header: secrets.identity },
    control: { controlUrl: `${local}/control`, controlSecret: secrets.control },
  };
}

function verifyFor(audience: string, token: string, { keys, options, authority, now }: Inside): Promise<Caller> {
  return verifyResourceToken(token, audience, { keys, tenants: options.tenants, authority: authority(), now });
}

function principalOf({ objectId, tenantId, appId }: Caller): Principal {
  return { objectId, tenantId, ...(appId === undefined ? {} : { appId }) };
}

function randomSecret(): string {
  return randomBytes(32).toString("base64url");
}
