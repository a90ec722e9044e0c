import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Locator, type Page } from "playwright-core";

export type PlaygroundDriverOptions = {
  readonly playgroundUrl: string;
  /** Where screenshots go; made if absent. */
  readonly shotsDir: string;
  /** Debian's when left out; `CHROMIUM` in the environment wins over both. */
  readonly executablePath?: string;
};

/** Teams as a person at the laptop sees it: the Playground's page in a headless Chromium. */
export type PlaygroundDriver = {
  /** Must come before the card is posted: a channel shows only what arrives while it is open, and a reload loses it. */
  openChannel(name: string): Promise<void>;
  /** Waits until the newest card contains the text, and gives all of its text. */
  cardWith(text: string, patienceMs?: number): Promise<string>;
  /** Types like a person into a text input of the newest card. `input` counts from 0. */
  typeInto(input: number, text: string): Promise<void>;
  /** Clicks a button of the newest card. */
  click(button: string): Promise<void>;
  /** Whether the newest card has such a button. */
  hasButton(button: string): Promise<boolean>;
  /** Waits until the page shows the text anywhere: a message answer stands under its card. */
  pageWith(text: string, patienceMs?: number): Promise<void>;
  /** Of the newest card, or of the whole page. Gives the file. */
  screenshot(name: string, of?: "card" | "page"): Promise<string>;
  close(): Promise<void>;
};

const patienceMs = 30_000;
const browserArgs = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Opens the Playground's page with a fresh profile (teams.md section 8).
 *
 * Opening it makes the Playground send the install events of the personal chat; opening a channel sends that channel's.
 */
export async function openPlayground(options: PlaygroundDriverOptions): Promise<PlaygroundDriver> {
  await mkdir(options.shotsDir, { recursive: true });
  const profile = await mkdtemp(join(tmpdir(), "plgate-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["CHROMIUM"] ?? options.executablePath ?? "/usr/bin/chromium",
    args: browserArgs,
    viewport: { width: 1280, height: 1500 },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(patienceMs);
  await page.goto(options.playgroundUrl, { waitUntil: "domcontentloaded" });
  return {
    ...actionsOn(page),
    screenshot: async (name, of = "card") => {
      const path = join(options.shotsDir, `${name}.png`);
      await (of === "card" ? newestCard(page) : page).screenshot({ path });
      return path;
    },
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

function actionsOn(page: Page): Omit<PlaygroundDriver, "screenshot" | "close"> {
  const card = newestCard(page);
  const button = (name: string) => card.locator("button", { hasText: name }).first();
  return {
    openChannel: (name) => page.locator(`[aria-label$="- ${name}"]`).click(),
    cardWith: async (text, patience = patienceMs) => {
      await card.filter({ hasText: text }).waitFor({ timeout: patience });
      return (await card.allInnerTexts()).join("\n");
    },
    typeInto: async (input, text) => {
      await card.locator("textarea, input[type=text]").nth(input).click();
      // fill() is lost as a first interaction: the card then says that its input is empty.
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
    },
    click: (name) => button(name).click(),
    hasButton: async (name) => (await button(name).count()) > 0,
    pageWith: (text, patience = patienceMs) => page.getByText(text).first().waitFor({ timeout: patience }),
  };
}

/** A channel shows its newest post on top. */
function newestCard(page: Page): Locator {
  return page.locator(".ac-adaptiveCard").first();
}
