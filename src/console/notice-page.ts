import { type Fill, type Html, html } from "./html.ts";
import { type Frame, layout } from "./layout.ts";

/** A page that says one thing, and what to do next. */
export type Notice = {
  readonly title: string;
  readonly sentence: string;
  /** A name and a value that an operator can look for. */
  readonly trace?: { readonly name: string; readonly value: string } | undefined;
  /** What the reader had typed, so that it is not lost. */
  readonly kept?: string | undefined;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
};

export function noticePage(frame: Frame, { title, sentence, trace, kept, links = [] }: Notice): Html {
  const rest: Fill = [
    kept !== undefined && html`<blockquote><p>${kept}</p></blockquote>`,
    trace && html`<p class="quiet">${trace.name}: <code>${trace.value}</code></p>`,
    links.map(({ href, text }) => html`<p><a class="button" href="${href}">${text}</a></p>`),
  ];
  return layout(frame, { tab: title, heading: title }, [html`<p>${sentence}</p>`, rest]);
}
