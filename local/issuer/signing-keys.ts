import { randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** The authority's RSA keys: in memory only, new in every run. */
export type SigningKeys = {
  sign(claims: JWTPayload): Promise<string>;
  /** Public keys that verifiers should accept now, newest first. */
  published(): readonly JWK[];
  rotate(options?: RotateOptions): Promise<void>;
};

export type RotateOptions = {
  /** Stop publishing the earlier keys as well, so that every token signed so far becomes worthless. */
  readonly revokeEarlier?: boolean;
};

type KeyPair = { readonly publicJwk: JWK; readonly privateKey: CryptoKey };

/** Makes the first key pair: RSA 2048, for RS256 and nothing else. */
export async function createSigningKeys(): Promise<SigningKeys> {
  let current = await createKeyPair();
  let earlier: readonly KeyPair[] = [];
  return {
    sign: (claims) =>
      new SignJWT(claims)
        .setProtectedHeader({ typ: "JWT", alg: "RS256", kid: current.publicJwk.kid ?? "" })
        .sign(current.privateKey),
    published: () => [current, ...earlier].map((pair) => pair.publicJwk),
    rotate: async ({ revokeEarlier = false } = {}) => {
      const next = await createKeyPair();
      earlier = revokeEarlier ? [] : [current, ...earlier];
      current = next;
    },
  };
}

async function createKeyPair(): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { modulusLength: 2048 });
  const publicJwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: "RS256", use: "sig" };
  return { publicJwk, privateKey };
}
