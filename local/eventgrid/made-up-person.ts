import type { FinishedWrite } from "../arm/finished-write.ts";

/**
 * Personal data that every subscription event carries in `claims` and `httpRequest`. Nobody real.
 *
 * Exported so that a test can prove that none of these strings reaches the audit, a card or a log.
 */
export const madeUpPerson = {
  givenName: "Rosalind",
  surname: "Quillfeather",
  fullName: "Rosalind Quillfeather",
  userPrincipalName: "rosalind.quillfeather@consumer.example",
  ipAddress: "203.0.113.77",
  passportId: "10032000DEADBEEF",
} as const;

const portalAppId = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";

/** The claims of the caller's token as subscription events show them (samples in azure-docs, event-schema-subscriptions). */
export function claimsOf(write: FinishedWrite): Readonly<Record<string, string>> {
  const issuedAt = Math.floor(write.time.getTime() / 1_000);
  return {
    aud: "https://management.core.windows.net/",
    iss: `https://sts.windows.net/${write.caller.tenantId}/`,
    iat: String(issuedAt),
    nbf: String(issuedAt),
    exp: String(issuedAt + 3_600),
    "http://schemas.microsoft.com/claims/authnclassreference": "1",
    appid: write.caller.appId ?? portalAppId,
    appidacr: "2",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname": madeUpPerson.surname,
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname": madeUpPerson.givenName,
    ipaddr: madeUpPerson.ipAddress,
    name: madeUpPerson.fullName,
    "http://schemas.microsoft.com/identity/claims/objectidentifier": write.caller.objectId,
    puid: madeUpPerson.passportId,
    "http://schemas.microsoft.com/identity/claims/scope": "user_impersonation",
    "http://schemas.microsoft.com/identity/claims/tenantid": write.caller.tenantId,
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": madeUpPerson.userPrincipalName,
    uti: "QmFzZTY0SXNoVG9rZW4",
    ver: "1.0",
  };
}
