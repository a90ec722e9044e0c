import type { Environment, Outside } from "./outside.ts";

/**
 * Lets people sign in to the page of a request: the app registration has to know where Entra may send them back to, and to
 * give id tokens. The address is known only after the deployment, so it cannot stand in entra-app.json.
 *
 * Addresses that are there already stay; running it again changes nothing. Without it cards in Teams work, the page does not.
 */

/** How it ended. Only `allowed` and `there-already` are good; none of them stops the deployment. */
export type SignInOutcome =
  | { readonly kind: "allowed" | "there-already"; readonly address: string }
  | { readonly kind: "not-known"; readonly missing: readonly string[] }
  | { readonly kind: "refused"; readonly address: string; readonly app: string; readonly output: string };

/** Tells Entra of the page's address, or says why not. */
export async function allowSignIn(
  environment: Environment,
  { az, say }: Pick<Outside, "az" | "say">,
): Promise<SignInOutcome> {
  const app = environment["PLGATE_SIGN_IN_CLIENT_ID"] || environment["PLGATE_API_AUDIENCE"] || "";
  const url = environment["AZURE_PUBLIC_URL"] || environment["AZURE_FUNCTION_APP_URL"] || "";
  const missing = [...(app === "" ? ["PLGATE_API_AUDIENCE"] : []), ...(url === "" ? ["AZURE_PUBLIC_URL"] : [])];
  if (missing.length > 0) return { kind: "not-known", missing };
  const address = `${url.replace(/\/+$/, "")}/api/signed-in`;

  say("Looking at the app registration that people sign in to.");
  const shown = await az(["ad", "app", "show", "--id", app, "--query", "web", "--output", "json"]);
  if (!shown.ok) return { kind: "refused", address, app, output: shown.output };
  const { addresses, givesIdTokens } = readWeb(shown.output);
  if (addresses.includes(address) && givesIdTokens) return { kind: "there-already", address };

  const all = addresses.includes(address) ? addresses : [...addresses, address];
  const changed = await az([
    ...["ad", "app", "update", "--id", app, "--enable-id-token-issuance", "true"],
    ...["--web-redirect-uris", ...all],
  ]);
  return changed.ok ? { kind: "allowed", address } : { kind: "refused", address, app, output: changed.output };
}

/** The CLI's answer as far as it can be read; what cannot is taken for nothing, and then all is set. */
function readWeb(output: string): { readonly addresses: readonly string[]; readonly givesIdTokens: boolean } {
  const web: unknown = JSON.parse(output.trim() || "null");
  const addresses = member(web, "redirectUris");
  const texts = Array.isArray(addresses) ? addresses.filter((one): one is string => typeof one === "string") : [];
  return {
    addresses: texts,
    givesIdTokens: member(member(web, "implicitGrantSettings"), "enableIdTokenIssuance") === true,
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** What to tell the person at the terminal. */
export function explainSignIn(outcome: SignInOutcome): string {
  switch (outcome.kind) {
    case "allowed":
      return `People can sign in to the page of a request; Entra sends them back to ${outcome.address}.`;
    case "there-already":
      return `People can sign in to the page of a request (${outcome.address}).`;
    case "not-known":
      return `Sign-in to the page of a request was not set up (missing: ${outcome.missing.join(", ")}).`;
    case "refused":
      return [
        "Sign-in to the page of a request was not set up: the app registration could not be read or changed.",
        outcome.output,
        "Cards in Teams work without it. Whoever owns the app registration sets it up by",
        `  az ad app update --id ${outcome.app} --enable-id-token-issuance true --web-redirect-uris ${outcome.address}`,
        "and names the addresses that are there already, too, because the command replaces them.",
      ].join("\n");
  }
}
