import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";

/** A browser of one person, fresh: no cookie, no session. */
export type Visitor = {
  readonly page: Page;
  /** What the browser complained about: errors of scripts, of the content security policy, of loading. */
  readonly complaints: readonly string[];
  /** Chooses who signs in, on the page of the local authority. */
  signInAs(displayName: string): Promise<void>;
  /** Of the whole page, of what the window shows, or of one element. Gives the file. */
  screenshot(name: string, of?: "page" | "window" | Locator): Promise<string>;
  close(): Promise<void>;
};

const patienceMs = 30_000;

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  });
}

/** Opens a profile of its own. The local authority's certificate is the run's own, so the browser is told to take it. */
export async function visitor(
  browser: Browser,
  shotsDir: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  await mkdir(shotsDir, { recursive: true });
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: "en-GB",
    viewport: { width: 1000, height: 1000 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("requestfailed", (request) => complaints.push(`${request.url()} ${request.failure()?.errorText}`));
  return {
    page,
    complaints,
    signInAs: async (displayName) => {
      await page.getByRole("button", { name: displayName }).click();
      // Without scripts the authority's page waits for a hand.
      if (options.javaScriptEnabled === false) await page.getByRole("button", { name: "Continue" }).click();
      await page.waitForURL(/\/api\/requests\//);
    },
    screenshot: async (name, of = "page") => {
      const path = join(shotsDir, `${name}.png`);
      if (typeof of === "string") await page.screenshot({ path, fullPage: of === "page" });
      else await of.screenshot({ path });
      return path;
    },
    close: () => context.close(),
  };
}
