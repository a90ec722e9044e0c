import type { Language } from "../words/language.ts";
import { pageWords } from "../words/page.ts";
import { type Fill, foreign, type Html, html, ours } from "./html.ts";
import { style } from "./style.ts";

/** Everything around the content: who reads, in which language, and how to leave. */
export type Frame = {
  readonly language: Language;
  /** The app's public origin: addresses of forms and links begin with it, so they work from wherever a page is shown. */
  readonly origin: string;
  /** Undefined: nobody is signed in. */
  readonly reader?: { readonly name: string; readonly signOutToken: string };
  /** The request that the page is about, for the way back. */
  readonly request?: string | undefined;
};

const nameLimit = 80;
const styleElement = ours(style);

/** A whole page. `tab` is the title that a browser shows beside others, `heading` the only h1. */
export function layout(
  frame: Frame,
  { tab, heading }: { readonly tab: string; readonly heading: Fill },
  main: Fill,
): Html {
  const words = pageWords[frame.language];
  return html`<!doctype html>
<html lang="${frame.language}">
<head>
<meta charset="utf-8">
<title>${tab} · plgate</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<style>${styleElement}</style>
</head>
<body>
<a class="skip" href="#main">${words.skip}</a>
<header><p><strong>plgate</strong> <span class="quiet">${words.privateLink}</span></p>${reader(frame)}</header>
<main id="main">
<h1>${heading}</h1>
${main}
</main>
</body>
</html>
`;
}

function reader({ reader: person, language, origin, request }: Frame): Fill {
  if (!person) return undefined;
  const words = pageWords[language];
  return html`<div class="who"><span>${words.signedInAs} ${foreign(person.name, nameLimit)}</span>
<form method="post" action="${origin}/api/sign-out"><input type="hidden" name="token" value="${person.signOutToken}">
<input type="hidden" name="return" value="${request ?? ""}"><button>${words.signOut}</button></form></div>`;
}
