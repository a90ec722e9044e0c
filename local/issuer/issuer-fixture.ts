import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { loadOrCreateAuthority } from "../certificates.ts";
import { type Issuer, type IssuerOptions, startIssuer } from "./issuer.ts";

export const tenantId = "22222222-2222-4222-8222-222222222222";
export const otherTenantId = "33333333-3333-4333-8333-333333333333";
export const apiAudience = "44444444-4444-4444-8444-444444444444";
export const botAppId = "11111111-1111-4111-8111-111111111111";
export const platformGroup = "aaaaaaaa-1111-4111-8111-111111111111";
export const everybodyGroup = "aaaaaaaa-2222-4222-8222-222222222222";
export const emptyGroup = "aaaaaaaa-3333-4333-8333-333333333333";

export const megan = {
  name: "megan",
  displayName: "Megan Test",
  userPrincipalName: "megan@contoso.example",
  objectId: "aaaaaaaa-0000-4000-8000-000000000001",
  tenantId,
  roles: ["Reader", "Approver"],
};
export const guest = {
  name: "grace",
  displayName: "Grace Guest",
  userPrincipalName: "grace_fabrikam.example#EXT#@contoso.example",
  objectId: "aaaaaaaa-0000-4000-8000-000000000005",
  tenantId,
  guest: true,
};
export const stranger = {
  name: "stranger",
  displayName: "Sam Stranger",
  userPrincipalName: "sam@fabrikam.example",
  objectId: "aaaaaaaa-0000-4000-8000-000000000009",
  tenantId: otherTenantId,
};

/** An app of the first tenant; each test that meets a cache of tokens takes one of its own. */
export function app(number: number) {
  const digits = String(number).padStart(12, "0");
  return {
    name: `app-${number}`,
    appId: `bbbbbbbb-0000-4000-8000-${digits}`,
    objectId: `cccccccc-0000-4000-8000-${digits}`,
    tenantId,
  };
}

export type IssuerFixture = { readonly issuer: Issuer; readonly caPem: string; stop(): Promise<void> };

/** Starts an authority with two tenants, and lets this process trust its certificate until it is stopped. */
export async function startTestIssuer(changes: Partial<IssuerOptions> = {}): Promise<IssuerFixture> {
  const folder = await mkdtemp(join(tmpdir(), "plgate-issuer-"));
  const tls = await loadOrCreateAuthority(folder);
  await rm(folder, { recursive: true });
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, tls.caPem]);
  const issuer = await startIssuer({
    tls,
    tenants: [
      { id: tenantId, name: "Contoso" },
      { id: otherTenantId, name: "Fabrikam" },
    ],
    users: [megan, guest, stranger],
    apps: [],
    directory: {
      groups: [
        { id: platformGroup, displayName: "Platform", tenantId, members: [megan.objectId] },
        { id: everybodyGroup, displayName: "Everybody", tenantId, members: [platformGroup, everybodyGroup] },
        { id: emptyGroup, displayName: "Empty", tenantId, members: [] },
      ],
    },
    apiAudience,
    ...changes,
  });
  const stop = async () => {
    await issuer.stop();
    setDefaultCACertificates(trusted);
  };
  return { issuer, caPem: tls.caPem, stop };
}
