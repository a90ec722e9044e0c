import type { Language } from "../words/language.ts";
import { type Fill, type Html, html } from "./html.ts";

/** A moment for people and for machines: in the reader's language, always in UTC and saying so. */
export function moment(iso: string | Date, language: Language): Html {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return html`${String(iso)}`;
  const shown = new Intl.DateTimeFormat(language === "ja" ? "ja-JP" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: "UTC",
  }).format(at);
  return html`<time datetime="${at.toISOString()}">${shown} UTC</time>`;
}

export type Fact = { readonly name: string; readonly value: Fill };

/** Names and values beside each other. */
export function factList(facts: readonly Fact[]): Html {
  return html`<dl>${facts.map(({ name, value }) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export type Cell = Fill | { readonly value: Fill; readonly tone: "good" | "bad" | "wait" };

/**
 * A table with a caption and scopes; the first cell of a row names it.
 * The roles repeat what the elements say, because narrow windows show rows as blocks, and then browsers forget it.
 */
export function table(caption: string, columns: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  return html`<table class="table" role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${row.map((cell, at) => cellOf(cell, columns[at] ?? "", at))}</tr>\n`)}</tbody></table>`;
}

function cellOf(cell: Cell, name: string, at: number): Html {
  const { value, tone } = isToned(cell) ? cell : { value: cell, tone: "" };
  if (at === 0) return html`<th scope="row" role="rowheader" data-name="${name}">${value}</th>`;
  return html`<td role="cell" class="${tone}" data-name="${name}">${value}</td>`;
}

function isToned(cell: Cell): cell is Extract<Cell, { readonly tone: string }> {
  return typeof cell === "object" && "tone" in cell;
}

/** A part of the page under its heading. */
export function section(id: string, heading: string, ...content: readonly Fill[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${content}</section>\n`;
}
