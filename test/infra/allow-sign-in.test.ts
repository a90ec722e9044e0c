import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { allowSignIn, explainSignIn, type SignInOutcome } from "../../infra/allow-sign-in.ts";

const app = "11111111-1111-4111-8111-111111111111";
const deployed = { PLGATE_API_AUDIENCE: app, AZURE_PUBLIC_URL: "https://plgate.example/" };
const address = "https://plgate.example/api/signed-in";

/** A CLI that shows this of an app registration, or fails at a command. */
function entra(shown: unknown, failing?: "show" | "update") {
  const commands: (readonly string[])[] = [];
  const outside = {
    az: async (args: readonly string[]) => {
      commands.push(args);
      if (args[2] === failing) return { ok: false, output: "Insufficient privileges" };
      return { ok: true, output: args[2] === "show" ? `${JSON.stringify(shown)}\n` : "" };
    },
    wait: async () => undefined,
    say: () => undefined,
  };
  return { outside, commands };
}

const web = (redirectUris: readonly string[] | null, enableIdTokenIssuance: boolean | null) => ({
  redirectUris,
  implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance },
});

describe("letting people sign in after the deployment", () => {
  it("tells Entra the address of the page and asks for id tokens, and keeps the addresses that are there", async () => {
    const { outside, commands } = entra(web(["https://old.example/cb"], false));
    assert.deepEqual(await allowSignIn(deployed, outside), { kind: "allowed", address });
    assert.deepEqual(commands[1], [
      ...["ad", "app", "update", "--id", app, "--enable-id-token-issuance", "true"],
      ...["--web-redirect-uris", "https://old.example/cb", address],
    ]);
  });

  it("changes nothing when Entra knows it already", async () => {
    const { outside, commands } = entra(web([address], true));
    assert.deepEqual(await allowSignIn(deployed, outside), { kind: "there-already", address });
    assert.equal(commands.length, 1);
  });

  it("asks for id tokens alone where only they are missing", async () => {
    const { outside, commands } = entra(web([address], null));
    await allowSignIn(deployed, outside);
    assert.deepEqual(commands[1]?.slice(-2), ["--web-redirect-uris", address]);
  });

  it("begins with nothing where nothing is there", async () => {
    for (const shown of [null, {}, web(null, null)]) {
      const { outside, commands } = entra(shown);
      await allowSignIn(deployed, outside);
      assert.deepEqual(commands[1]?.slice(-2), ["--web-redirect-uris", address]);
    }
  });

  it("goes by a registration of its own where one is named", async () => {
    const { outside, commands } = entra(null);
    await allowSignIn({ ...deployed, PLGATE_SIGN_IN_CLIENT_ID: "other" }, outside);
    assert.equal(commands[0]?.[4], "other");
  });

  it("does nothing before anything is deployed", async () => {
    const { outside, commands } = entra(null);
    const outcome = await allowSignIn({}, outside);
    assert.deepEqual(outcome, { kind: "not-known", missing: ["PLGATE_API_AUDIENCE", "AZURE_PUBLIC_URL"] });
    assert.deepEqual(commands, []);
  });

  for (const failing of ["show", "update"] as const) {
    it(`says what the owner of the registration has to do when ${failing} is refused`, async () => {
      const outcome = await allowSignIn(deployed, entra(web([], false), failing).outside);
      assert.deepEqual(outcome, { kind: "refused", address, app, output: "Insufficient privileges" });
      assert.match(explainSignIn(outcome), /az ad app update --id 1111.* --web-redirect-uris https:\/\/plgate.example/);
    });
  }

  it("explains every end", () => {
    const ends: readonly SignInOutcome[] = [
      { kind: "allowed", address },
      { kind: "there-already", address },
      { kind: "not-known", missing: ["PLGATE_API_AUDIENCE"] },
      { kind: "refused", address, app, output: "no" },
    ];
    for (const end of ends) assert.match(explainSignIn(end), /page of a request/);
  });
});
