import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { approvalCard } from "../../src/teams/approval-card.ts";
import type { Language } from "../../src/words/language.ts";
import { cardStates } from "../teams/card-states.ts";
import { fewColours } from "./few-colours.ts";
import { hostConfig, styleSheet, type Theme } from "./teams-look.ts";

/*
 * Draws docs/cards/*.png: the card in every state, also of connections that are approved already, as the `adaptivecards` renderer shows it, in the colours of Teams.
 * Needs Chromium, and for the Japanese sheet a font that has its letters (on Debian `fonts-noto-cjk`).
 */

const root = join(import.meta.dirname, "../..");
const folder = join(root, "docs/cards");
const renderer = createRequire(import.meta.url).resolve("adaptivecards/dist/adaptivecards.min.js");
const mostBytes = 150_000;

type Sheet = {
  readonly name: string;
  readonly theme: Theme;
  readonly language: Language;
  readonly states: readonly string[];
};

/** Shown whole. */
const asking = [
  "waiting with none of two votes",
  "waiting for two groups, with stand-ins called",
  "waiting for an answer on the page",
];
/** Shown down to what differs from the others. */
const later = [
  "approving",
  "approved",
  "rejected",
  "rejected because nobody decided in time",
  "expired",
  "withdrawn",
  "resolved elsewhere",
  "failed for want of a role",
  "held in approve-only mode",
];

/** The same of connections that are approved already. */
const liveAsking = ["live, the approval ends, with one of two votes", "live, policy changed its mind"];
const liveLater = [
  "live, to be confirmed",
  "live, approved outside",
  "live, the service is drained",
  "live, kept",
  "live, taken away because nobody kept it",
  "live, confirmed by nobody",
  "live, Azure does not take it away",
  "live, held in approve-only mode",
];
const cut = [...later, ...liveLater];

const sheets: readonly Sheet[] = [
  { name: "light", theme: "light", language: "en", states: [...asking, ...later] },
  { name: "dark", theme: "dark", language: "en", states: [...asking, ...later] },
  { name: "japanese", theme: "light", language: "ja", states: [...asking.slice(1), ...later.slice(0, 3)] },
  { name: "live", theme: "light", language: "en", states: [...liveAsking, ...liveLater] },
  { name: "live-dark", theme: "dark", language: "en", states: [...liveAsking, ...liveLater.slice(2, 5)] },
  { name: "live-japanese", theme: "light", language: "ja", states: [...liveAsking, ...liveLater.slice(0, 6)] },
];

const cardWidth = 400;
const columns = 3;
const gap = 20;

async function draw({ theme, language, states }: Sheet, page: Page): Promise<Buffer> {
  const cards = states.map((caption) => {
    const view = cardStates[caption];
    if (!view) throw new Error(`there is no state named ${caption}`);
    return { caption, card: approvalCard({ ...view, language }), cut: cut.includes(caption) };
  });
  const style = styleSheet(theme, columns);
  await page.setContent(`<!doctype html><html lang="${language}"><style>${style}</style><main></main></html>`);
  await page.addScriptTag({ path: renderer });
  await page.addScriptTag({ path: join(import.meta.dirname, "draw-in-page.js") });
  await page.evaluate(`drawCards(${JSON.stringify(cards)}, ${JSON.stringify(hostConfig(theme))})`);
  return page.screenshot({ fullPage: true });
}

/** A browser whose reader has the sheet's language: the moments on a card are in the reader's words. */
async function drawSheet(sheet: Sheet): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), "plgate-pictures-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"],
    viewport: { width: columns * cardWidth + (columns + 1) * gap, height: 800 },
    locale: sheet.language === "ja" ? "ja-JP" : "en-GB",
    timezoneId: sheet.language === "ja" ? "Asia/Tokyo" : "Europe/Oslo",
  });
  try {
    const picture = fewColours(await draw(sheet, await browser.newPage()));
    if (picture.length > mostBytes) throw new Error(`${sheet.name} has ${picture.length} bytes`);
    await writeFile(join(folder, `${sheet.name}.png`), picture);
    console.log(`docs/cards/${sheet.name}.png: ${picture.length} bytes`);
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  }
}

await mkdir(folder, { recursive: true });
for (const sheet of sheets) await drawSheet(sheet);
