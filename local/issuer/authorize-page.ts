import type { User } from "./directory.ts";

/*
 * The pages of the local authority, as plain as they can be. Entra's look different; what they send is the same.
 */

export type Choice = Pick<User, "name" | "displayName" | "userPrincipalName">;

/** Asks who signs in. The question that the app asked goes along in the address of the form. */
export function choosePage(action: string, people: readonly Choice[]): string {
  const buttons = people.map(
    ({ name, displayName, userPrincipalName }) =>
      `<li><button name="user" value="${escaped(name)}">${escaped(displayName)}</button> <small>${escaped(userPrincipalName)}</small></li>`,
  );
  return document(
    "Sign in (local)",
    `<h1>Who are you?</h1><p>This is plgate's local stand-in for Entra ID. No password is asked.</p>
<form method="post" action="${escaped(action)}"><ul>${buttons.join("\n")}</ul></form>`,
  );
}

/** Sends the fields on by the browser: with a script at once, without one by a button. */
export function postPage(to: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  return document(
    "Back to the app",
    `<h1>You are signed in</h1><form method="post" action="${escaped(to)}">${inputs.join("")}<button>Continue</button></form>
<script>document.forms[0].submit()</script>`,
  );
}

export function refusalPage(text: string): string {
  return document("Sign-in is not possible", `<h1>Sign-in is not possible</h1><p>${escaped(text)}</p>`);
}

function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head><body>${body}</body></html>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
