import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeJwt } from "jose";
import { UnknownUser } from "./directory.ts";
import { startTestIssuer, tenantId } from "./issuer-fixture.ts";

describe("People whom nobody seeded", () => {
  it("are refused unless the authority admits guests", async (t) => {
    const { issuer, stop } = await startTestIssuer();
    t.after(stop);
    await assert.rejects(issuer.mintUserToken({ user: "nobody" }), UnknownUser);
  });

  it("are admitted as the same person whenever the name is used, with no role but those asked for", async (t) => {
    const { issuer, stop } = await startTestIssuer({ guestTenantId: tenantId });
    t.after(stop);
    const first = decodeJwt(await issuer.mintUserToken({ user: "Nobody" }));
    const second = decodeJwt(await issuer.mintUserToken({ user: "nobody", roles: ["Reader"] }));
    assert.equal(first["oid"], second["oid"]);
    // Entra leaves an empty claim out.
    assert.deepEqual([first["roles"], second["roles"], first["groups"]], [undefined, ["Reader"], undefined]);
  });
});
