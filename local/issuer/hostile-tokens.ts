import { createHmac, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, exportSPKI, importJWK, type JWTPayload } from "jose";
import type { ClaimOverrides } from "./claims.ts";
import type { Issuer } from "./issuer.ts";
import type { ChannelTokenWish, UserTokenWish } from "./mint.ts";

/** The good token that the bad ones are made from. */
export type HostileBase =
  | ({ readonly kind: "user" } & UserTokenWish)
  | ({ readonly kind: "channel"; readonly entraUser: string } & ChannelTokenWish);

/** Bad tokens, each under the sentence that says what is wrong with it. */
export type HostileTokens = Readonly<Record<string, string>>;

const hourSeconds = 3600;

/**
 * Tokens that plgate must refuse (local-azure.md section F): each differs from an accepted one in one point only.
 *
 * `base` must be a token that plgate accepts, else a refusal proves nothing; test that first. Times lie an hour off, beyond any
 * sensible clock tolerance.
 */
export async function hostileTokens(issuer: Issuer, base: HostileBase): Promise<HostileTokens> {
  const mint = (overrides: ClaimOverrides) => mintLike(issuer, base, overrides);
  const good = await mint({});
  const common = {
    ...(await wronglyClaimed(issuer, mint)),
    ...(await wronglySigned(issuer, good)),
    "nothing that looks like a token": "let-me-in",
  };
  return {
    ...common,
    ...(base.kind === "user" ? await onlyForUsers(issuer, base) : await onlyForBots(issuer, base, mint)),
  };
}

type MintLike = (overrides: ClaimOverrides) => Promise<string>;

function mintLike(issuer: Issuer, base: HostileBase, overrides: ClaimOverrides): Promise<string> {
  const wish = { ...base, overrides: { ...base.overrides, ...overrides } };
  return wish.kind === "user" ? issuer.mintUserToken(wish) : issuer.mintChannelToken(wish);
}

async function wronglyClaimed(issuer: Issuer, mint: MintLike): Promise<HostileTokens> {
  const { iat = 0, exp = 0 } = decodeJwt(await mint({}));
  return {
    "wrong issuer": await mint({ iss: `${issuer.url}/somebody-else/v2.0` }),
    "no issuer": await mint({ iss: undefined }),
    "wrong audience": await mint({ aud: randomUUID() }),
    "no audience": await mint({ aud: undefined }),
    expired: await mint({ iat: iat - 2 * hourSeconds, nbf: iat - 2 * hourSeconds, exp: iat - hourSeconds }),
    "never expires": await mint({ exp: undefined }),
    "not yet valid": await mint({ iat: iat + hourSeconds, nbf: iat + hourSeconds, exp: exp + hourSeconds }),
  };
}

async function wronglySigned(issuer: Issuer, good: string): Promise<HostileTokens> {
  const claims = decodeJwt(good);
  const [header = "", payload = "", signature = ""] = good.split(".");
  const { kid = "" } = decodeProtectedHeader(good);
  const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const signForeign = (input: string) => sign("sha256", Buffer.from(input), foreign).toString("base64url");
  const publicPem = await publicKeyPem(issuer);
  const hmac = (input: string) => createHmac("sha256", publicPem).update(input).digest("base64url");
  const lastingLonger = encode({ ...claims, exp: (claims.exp ?? 0) + hourSeconds });
  return {
    "signed with another key under our key id": assemble({ alg: "RS256", typ: "JWT", kid }, claims, signForeign),
    "signed with another key that nobody published": assemble(
      { alg: "RS256", typ: "JWT", kid: randomUUID() },
      claims,
      signForeign,
    ),
    "HS256 with the public key as its secret": assemble({ alg: "HS256", typ: "JWT", kid }, claims, hmac),
    "alg none": assemble({ alg: "none", typ: "JWT", kid }, claims, () => ""),
    "claims changed after signing": `${header}.${lastingLonger}.${signature}`,
    "signature cut off": `${header}.${payload}.`,
  };
}

async function onlyForUsers(issuer: Issuer, base: UserTokenWish): Promise<HostileTokens> {
  const elsewhere = randomUUID();
  const audience = decodeJwt(await issuer.mintUserToken(base)).aud;
  return {
    "other tenant": await issuer.mintUserToken({ ...base, tenant: elsewhere }),
    "other tenant behind our issuer": await issuer.mintUserToken({
      ...base,
      overrides: { ...base.overrides, tid: elsewhere },
    }),
    "a bot channel token where a user is wanted": await issuer.mintChannelToken({
      serviceUrl: "https://smba.trafficmanager.net/emea/",
      audience: String(audience),
    }),
  };
}

async function onlyForBots(
  issuer: Issuer,
  base: ChannelTokenWish & { readonly entraUser: string },
  mint: MintLike,
): Promise<HostileTokens> {
  return {
    "missing serviceurl": await mint({ serviceurl: undefined }),
    "foreign serviceurl": await mint({ serviceurl: "https://connector.attacker.example/" }),
    "serviceurl that is no URL": await mint({ serviceurl: "smba" }),
    "a well-signed Entra token where a bot token is wanted": await issuer.mintUserToken({
      user: base.entraUser,
      audience: base.audience,
      overrides: { serviceurl: base.serviceUrl },
    }),
  };
}

function assemble(header: object, claims: JWTPayload, signer: (input: string) => string): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signer(input)}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The key as a verifier that mixes up algorithms would hand it to HMAC. */
async function publicKeyPem(issuer: Issuer): Promise<string> {
  const key = await importJWK({ ...issuer.publishedKeys()[0] }, "RS256", { extractable: true });
  if (key instanceof Uint8Array) throw new Error("an RSA key was expected");
  return exportSPKI(key);
}
