import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { DemoApi } from "../../local/demo-api.ts";
import { DemoConsole, until } from "../../local/demo-console.ts";
import { Consumer } from "../../local/demo-consumer.ts";
import { consumers, people, serviceName } from "../../local/seed.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import { openStorage } from "../../src/azure/storage.ts";
import { robot } from "../../src/decision/decision.ts";
import { parseRequestId } from "../../src/requests/request-id.ts";
import { about } from "../../src/workflow/record.ts";
import { openBrowser, type Visitor, visitor } from "./page-driver.ts";

const shotsDir = join(import.meta.dirname, "shots");
const docsDir = join(import.meta.dirname, "../../docs");
const quiet = new DemoConsole(() => {});
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true } as const;

describe("A reviewer decides on the page, in a browser", { timeout: 900_000 }, () => {
  let dir = "";
  let stack: Stack;
  let browser: Browser;
  let api: DemoApi;
  let consumer: Consumer;
  let alias = "";
  const open: Visitor[] = [];

  before(async () => {
    await import("../../build.ts");
    dir = await mkdtemp(join(tmpdir(), "plgate-page-"));
    stack = await startStack({ dir, freePorts: true });
    api = new DemoApi(stack);
    browser = await openBrowser();
    consumer = new Consumer(consumers.fabrikam, stack.arm, stack.issuer);
    const service = await until("the service", quiet, async () =>
      (await api.services()).find(({ alias: name }) => name),
    );
    alias = service.alias ?? "";
  });

  after(async () => {
    await Promise.all(open.map((one) => one.close()));
    await browser?.close();
    await stack?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const visit = async (options = {}) => {
    const one = await visitor(browser, shotsDir, options);
    open.push(one);
    return one;
  };
  /** A request that waits, and the address of its page. */
  const asked = async (endpoint: string, message = "New partner, contract 4711") => {
    await consumer.ask(endpoint, alias, message);
    const { id } = await until(`the request of ${endpoint}`, quiet, async () =>
      (await api.requests()).find(
        ({ endpointId, state }) => endpointId?.endsWith(`/${endpoint}`) && state === "awaiting-decision",
      ),
    );
    return { id, url: `${stack.host.url}/api/requests/${id}` };
  };
  const status = async (endpoint: string) => (await consumer.status(endpoint)).status;
  const picture = async (shot: string, name: string) => {
    if (process.env["PLGATE_UPDATE_PICTURES"]) await copyFile(shot, join(docsDir, name));
  };

  it("who is not signed in is led to the sign-in and back, and sees everything", async () => {
    const { url } = await asked("pe-read");
    const adele = await visit();
    await adele.page.goto(url);
    await adele.page.getByRole("heading", { name: "Who are you?" }).waitFor();
    await adele.signInAs(people.adele.displayName);
    const { page } = adele;
    await page.getByRole("heading", { level: 1, name: `pe-read asks to connect to ${serviceName}` }).waitFor();
    const text = await page.locator("main").innerText();
    for (const words of ["Waiting for a decision", "New partner, contract 4711", consumers.fabrikam.subscriptionId]) {
      assert.ok(text.includes(words), `the page says "${words}":\n${text}`);
    }
    await page.locator("details").first().locator("summary").click();
    await picture(await adele.screenshot("page-1-waiting"), "request-page.png");
    assert.deepEqual(adele.complaints, []);
  });

  it("has one h1, landmarks, headings in order, and a label or name for everything that takes input", async () => {
    const { url } = await asked("pe-outline");
    const adele = await visit();
    await adele.page.goto(url);
    await adele.signInAs(people.adele.displayName);
    const { page } = adele;
    const levels = await page.locator("h1, h2, h3").evaluateAll((all) => all.map((one) => Number(one.nodeName[1])));
    assert.deepEqual(levels.filter((level) => level === 1).length, 1);
    assert.ok(
      levels.every((level, at) => at === 0 || level - (levels[at - 1] ?? 0) <= 1),
      String(levels),
    );
    for (const landmark of ["banner", "main"] as const) assert.equal(await page.getByRole(landmark).count(), 1);
    for (const label of ["Justification", "How long an approval lasts"]) await page.getByLabel(label).waitFor();
    for (const summary of await page.locator("summary").all()) await summary.click();
    assert.equal(await page.getByRole("table").count(), await page.locator("table > caption").count());
    assert.ok((await page.getByRole("rowheader").count()) > 5);
    const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
    const described = await page
      .locator("[aria-describedby]")
      .evaluateAll((all) => all.flatMap((one) => (one.getAttribute("aria-describedby") ?? "").split(" ")));
    assert.deepEqual(
      described.filter((id) => !ids.includes(id)),
      [],
    );
  });

  it("tells Alex, who is no reviewer, and decides nothing", async () => {
    const { url } = await asked("pe-alex");
    const alex = await visit();
    await alex.page.goto(url);
    await alex.signInAs(people.alex.displayName);
    await alex.page.getByLabel("Justification").fill("I would like to");
    await alex.page.getByRole("button", { name: "Approve this connection" }).click();
    await alex.page.getByRole("alert").getByText("You are not a reviewer of this request.").waitFor();
    assert.equal(await alex.page.getByLabel("Justification").inputValue(), "I would like to");
    assert.equal(await status("pe-alex"), "Pending");
    await alex.screenshot("page-2-not-a-reviewer");
  });

  it("shows Audrey, who only reads, no form", async () => {
    const { url } = await asked("pe-audrey");
    const audrey = await visit();
    await audrey.page.goto(url);
    await audrey.signInAs(people.audrey.displayName);
    await audrey.page.getByText("for that you need the app role Approver").waitFor();
    assert.equal(await audrey.page.getByRole("button", { name: "Approve" }).count(), 0);
  });

  it("is decided with the keyboard alone: first refused without a justification, then approved", async () => {
    const { url } = await asked("pe-keys");
    const megan = await visit();
    await megan.page.goto(url);
    await megan.signInAs(people.megan.displayName);
    const { page } = megan;
    const { keyboard } = page;
    const tabTo = async (name: string) => {
      for (let step = 0; step < 60; step += 1) {
        await keyboard.press("Tab");
        const focused = page.locator(":focus");
        const said = await focused.evaluate((one) => `${one.id} ${one.textContent}`);
        if (!said.includes(name)) continue;
        assert.notEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none", name);
        return;
      }
      assert.fail(`the keyboard never gets to ${name}`);
    };
    await tabTo("Approve this connection");
    await keyboard.press("Enter");
    await page.getByRole("alert").getByRole("link", { name: "Write a justification." }).waitFor();
    assert.equal(await page.locator(":focus").getAttribute("role"), "alert");
    await megan.screenshot("page-3-no-justification");
    await keyboard.press("Tab");
    await keyboard.press("Enter");
    assert.equal(await page.locator(":focus").getAttribute("id"), "justification");
    await keyboard.type("Partner since November, CHG-2002");
    await tabTo("Approve this connection");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "Your answer is recorded" }).waitFor();
    await megan.screenshot("page-4-recorded");
    await until("Azure to say so", quiet, async () => ((await status("pe-keys")) === "Approved" ? true : undefined));
    await page.goto(url);
    await page.getByText("The connection is approved; Azure confirmed it.").waitFor();
    assert.equal(await page.getByRole("button", { name: "Approve" }).count(), 0);
    await megan.screenshot("page-5-approved");
    assert.deepEqual(
      megan.complaints.filter((one) => !one.includes("400 (Bad Request)")),
      [],
    );
    const voted = (await api.audit("kind=voted&top=1"))[0];
    assert.deepEqual([voted?.who, voted?.door], [people.megan.objectId, "console"]);
  });

  it("sent twice it is one answer, and a late one is told how it stands", async () => {
    const { id, url } = await asked("pe-twice");
    const [megan, adele] = [await visit(), await visit()];
    for (const [one, name] of [
      [megan, people.megan.displayName],
      [adele, people.adele.displayName],
    ] as const) {
      await one.page.goto(url);
      await one.signInAs(name);
      await one.page.getByLabel("Justification").fill("CHG-3003");
    }
    await megan.page.getByRole("button", { name: "Approve this connection" }).dblclick();
    await megan.page.getByRole("heading", { name: "Your answer is recorded" }).waitFor();
    await adele.page.getByRole("button", { name: "Reject this connection" }).click();
    await adele.page.getByRole("alert").getByText("Somebody was faster").waitFor();
    await adele.screenshot("page-6-too-late");
    assert.equal((await api.audit(`request=${id}&kind=voted`)).length, 1);
  });

  it("works on a phone, dark and in Japanese, without scripts and without scrolling sideways", async () => {
    const { url } = await asked("pe-phone", `${"LongWordWithoutAnySpace".repeat(5)} \u202Egnp.exe`);
    const megan = await visit({ ...phone, colorScheme: "dark", locale: "ja-JP", javaScriptEnabled: false });
    const { page } = megan;
    await page.goto(url);
    await megan.signInAs(people.megan.displayName);
    assert.equal(await page.locator("html").getAttribute("lang"), "ja");
    for (const summary of await page.locator("summary").all()) await summary.click();
    await page.locator("main").evaluate((one) => one.scrollIntoView());
    await picture(await megan.screenshot("page-7-phone-top", "window"), "request-page-phone.png");
    await megan.screenshot("page-7-phone");
    assert.deepEqual(await widths(megan), { page: 360, content: 360 });
    await page.setViewportSize({ width: 320, height: 640 });
    await megan.screenshot("page-8-narrow");
    assert.deepEqual(await widths(megan), { page: 320, content: 320 });
    await page.getByLabel("理由", { exact: true }).fill("CHG-4004 不要になりました");
    await page.getByRole("button", { name: "この接続を拒否する" }).click();
    await page.getByRole("heading", { name: "回答を記録しました" }).waitFor();
    await until("Azure to say so", quiet, async () => ((await status("pe-phone")) === "Rejected" ? true : undefined));
    assert.deepEqual(megan.complaints, []);
  });

  it("a request that demands it is decided only after a fresh sign-in", async () => {
    const { id, url } = await asked("pe-fresh");
    await demandPage(id);
    const megan = await visit();
    const { page } = megan;
    const hourAgo = Math.floor(Date.now() / 1000) - 3600;
    const value = await stack.issuer.mintUserToken({
      user: "megan",
      overrides: { nonce: "n", auth_time: hourAgo, scp: undefined, azp: undefined },
    });
    await page
      .context()
      .addCookies([{ name: "__Host-plgate", value, url: "https://127.0.0.1/", secure: true, httpOnly: true }]);
    await page.goto(url);
    await page.getByRole("heading", { name: "Sign in again to decide" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Approve" }).count(), 0);
    await megan.screenshot("page-9-sign-in-again");
    const instead = page.locator("section", { has: page.locator("#answer") });
    await picture(await megan.screenshot("page-9-instead-of-the-form", instead), "request-page-fresh.png");
    await page.getByRole("link", { name: "Sign in again to decide" }).click();
    await megan.signInAs(people.megan.displayName);
    await page.getByLabel("Justification").fill("Checked with the partner, CHG-5005");
    await page.getByLabel("How long an approval lasts").selectOption({ label: "30 days" });
    await page.getByRole("button", { name: "Approve this connection" }).click();
    await page.getByRole("heading", { name: "Your answer is recorded" }).waitFor();
    await until("Azure to say so", quiet, async () => ((await status("pe-fresh")) === "Approved" ? true : undefined));
    assert.deepEqual(megan.complaints, []);
  });

  it("signing out ends it in this browser", async () => {
    const { url } = await asked("pe-out");
    const adele = await visit();
    await adele.page.goto(url);
    await adele.signInAs(people.adele.displayName);
    await adele.page.getByRole("button", { name: "Sign out" }).click();
    await adele.page.getByRole("heading", { name: "You are signed out of plgate" }).waitFor();
    const names = (await adele.page.context().cookies(stack.host.url)).map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name.startsWith("__Host-")),
      [],
    );
  });

  async function demandPage(id: string): Promise<void> {
    const storage = openStorage({ connectionString: stack.azurite.connectionString });
    const { ledger } = openLedger(storage.ledger, { now: () => new Date() });
    const key = parseRequestId(id)?.id;
    const stored = key && (await ledger.request(key));
    assert.ok(stored, `no request ${id}`);
    const hand = { who: robot, door: "timer", correlation: "test", clock: { now: () => new Date() } } as const;
    const committed = await ledger.commit({
      key: `${id}|demands the page`,
      request: { ...stored.request, via: "page" },
      expected: stored.etag,
      events: [about(stored.request, "escalated", hand, "A rule demands the page.")],
      notify: false,
    });
    assert.equal(committed.kind, "committed");
  }
});

async function widths({ page }: Visitor) {
  return {
    page: page.viewportSize()?.width,
    // Measured without a script of the page's: the protocol asks the layout.
    content: await page.evaluate("document.documentElement.scrollWidth"),
  };
}
