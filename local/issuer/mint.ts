import type { JWTPayload } from "jose";
import {
  armAudience,
  type ClaimOverrides,
  channelClaims,
  finished,
  type Principal,
  principalClaims,
  userClaims,
} from "./claims.ts";
import { type Directory, groupsOf, guestNamed, type User, userNamed } from "./directory.ts";
import type { SigningKeys } from "./signing-keys.ts";

type Minting = { readonly lifetimeSeconds?: number; readonly overrides?: ClaimOverrides };

export type UserTokenWish = Minting & {
  /** Name of a seeded user; another one throws `UnknownUser`. */
  readonly user: string;
  /** The seeded ones when left out. */
  readonly roles?: readonly string[];
  /** Group ids; those of the directory when left out. */
  readonly groups?: readonly string[];
  /** plgate's own API when left out. */
  readonly audience?: string;
  /** The user's own when left out. */
  readonly tenant?: string;
};
export type ChannelTokenWish = Minting & {
  readonly serviceUrl: string;
  /** App id of the bot. */
  readonly audience: string;
};
export type ArmTokenWish = Minting & Principal;

type Signed = { readonly token: string; readonly lifetimeSeconds: number };

export type Mint = {
  sign(claims: JWTPayload, minting?: Minting): Promise<Signed>;
  userToken(wish: UserTokenWish): Promise<string>;
  channelToken(wish: ChannelTokenWish): Promise<string>;
  armToken(wish: ArmTokenWish): Promise<string>;
  /** Everybody whom the directory knows: who was seeded, and who was admitted by name since. */
  people(): readonly User[];
};

type MintContext = {
  readonly keys: SigningKeys;
  readonly now: () => Date;
  readonly authority: () => string;
  readonly defaultLifetimeSeconds: () => number;
  readonly users: readonly User[];
  /** Tenant of people whom nobody seeded; they are refused when it is left out. */
  readonly guestTenantId?: string | undefined;
  readonly directory: Directory;
  readonly apiAudience: string;
};

/** Everything that signs: the one place where claims, times and key meet. */
export function createMint(context: MintContext): Mint {
  const sign = async (claims: JWTPayload, { lifetimeSeconds, overrides }: Minting = {}): Promise<Signed> => {
    const validity = {
      issuedAt: context.now(),
      lifetimeSeconds: lifetimeSeconds ?? context.defaultLifetimeSeconds(),
    };
    const token = await context.keys.sign(finished(claims, validity, overrides));
    return { token, lifetimeSeconds: validity.lifetimeSeconds };
  };
  const token = async (claims: JWTPayload, minting: Minting) => (await sign(claims, minting)).token;
  const admitted = new Map<string, User>();
  return {
    sign,
    userToken: async (wish) => {
      const user = userOf(wish, context);
      if (!context.users.includes(user)) admitted.set(user.objectId, user);
      return token(claimsOfUser(user, wish, context), wish);
    },
    people: () => [...context.users, ...admitted.values()],
    channelToken: (wish) => token(channelClaims(wish.serviceUrl, wish.audience), wish),
    armToken: (wish) => token(principalClaims(wish, context.authority(), armAudience), wish),
  };
}

function userOf(wish: UserTokenWish, { users, guestTenantId }: MintContext): User {
  const isGuest =
    guestTenantId !== undefined && !users.some(({ name }) => name.toLowerCase() === wish.user.toLowerCase());
  return isGuest ? guestNamed(wish.user, guestTenantId) : userNamed(users, wish.user);
}

function claimsOfUser(user: User, wish: UserTokenWish, context: MintContext): JWTPayload {
  return userClaims(user, {
    authority: context.authority(),
    tenantId: wish.tenant ?? user.tenantId,
    audience: wish.audience ?? context.apiAudience,
    roles: wish.roles ?? user.roles ?? [],
    groups: wish.groups ?? [...groupsOf(context.directory, user.objectId)],
  });
}
