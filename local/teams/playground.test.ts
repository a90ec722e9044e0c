import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connector as connectorOfApp } from "../../src/teams/connector.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import { pacer } from "../../src/teams/pace.ts";
import { type Playground, type PlaygroundOptions, startPlayground } from "./playground.ts";

// It asks its app for a sign of life and waits 15 s for one.
let messagesUrl: string;
const appServer: Server = createServer((_request, response) => response.end("{}"));
before(async () => {
  await new Promise<void>((done) => appServer.listen(0, "127.0.0.1", done));
  messagesUrl = `http://127.0.0.1:${(appServer.address() as AddressInfo).port}/api/messages`;
});
after(() => {
  appServer.close();
  appServer.closeAllConnections();
});

const approvals = "19:approvals@thread.tacv2";

function options(workDir: string, changes: Partial<PlaygroundOptions> = {}): PlaygroundOptions {
  return {
    messagesUrl,
    tenantId: "22222222-2222-4222-8222-222222222222",
    bot: { appId: "11111111-1111-4111-8111-111111111111", name: "Private Link Approvals" },
    users: [
      {
        id: "29:megan",
        name: "Megan Test",
        aadObjectId: "aaaaaaaa-0000-4000-8000-000000000001",
        userPrincipalName: "megan@contoso.example",
      },
    ],
    team: { id: "19:general@thread.tacv2", name: "Platform Team", aadGroupId: "00000000-0000-4000-8000-000000000031" },
    channels: [{ id: approvals, name: "privatelink-approvals" }],
    workDir,
    ...changes,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "the condition did not come true");
    await sleep(20);
  }
}

describe("startPlayground", () => {
  let workDir: string;
  let playground: Playground;
  before(async () => {
    workDir = await mkdtemp(join(tmpdir(), "plgate-playground-"));
    playground = await startPlayground(options(workDir));
  });
  after(async () => {
    await playground.stop();
    await rm(workDir, { recursive: true });
  });

  async function connector(method: string, path: string, body?: object) {
    const answer = await fetch(`${playground.serviceUrl}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  it("serves its page", async () => {
    const answer = await fetch(playground.url);
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /<html/i);
  });

  it("knows the people and the channel of its configuration", async () => {
    const answer = await fetch(`${playground.url}/_internal/v1/config`);
    const text = await answer.text();
    for (const expected of [approvals, "privatelink-approvals", "29:megan", "Placeholder 5"]) {
      assert.ok(text.includes(expected), expected);
    }
  });

  it("takes a card, its update and a reply in its thread", async () => {
    const content = { type: "AdaptiveCard", version: "1.5", body: [{ type: "TextBlock", text: "hello" }] };
    const card = {
      type: "message",
      attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content }],
    };
    const posted = await connector("POST", "/v3/conversations", {
      isGroup: true,
      bot: { id: "28:11111111-1111-4111-8111-111111111111" },
      tenantId: "22222222-2222-4222-8222-222222222222",
      channelData: { channel: { id: approvals } },
      activity: card,
    });
    assert.equal(posted.status, 201);
    const { id, activityId } = posted.body as { id: string; activityId: string };
    assert.equal(id, `${approvals};messageid=${activityId}`);
    const thread = `/v3/conversations/${encodeURIComponent(id)}/activities`;
    const updated = await connector("PUT", `${thread}/${activityId}`, { ...card, id: activityId });
    assert.deepEqual([updated.status, updated.body["id"]], [200, activityId]);
    assert.equal((await connector("POST", thread, { type: "message", text: "reminder" })).status, 201);
  });

  it("takes a line of text from the app's own connector, and then a card in its place", async () => {
    const { origin } = new URL(playground.serviceUrl);
    const app = connectorOfApp({
      tokens: { token: async () => "any", drop: () => undefined },
      mayTalkTo: connectorHosts(origin),
      pacer: pacer(),
    });
    const { serviceUrl } = playground;
    const { tenantId, team, bot } = options(workDir);
    const channel = {
      ...{ serviceUrl, tenantId, teamId: team.id, teamName: team.name, aadGroupId: team.aadGroupId },
      ...{ channelId: approvals, channelName: null, botId: `28:${bot.appId}`, usable: true },
    };
    const posted = await app.announce(channel, "A request waits");
    assert.ok(posted.kind === "posted");
    const card = { serviceUrl, tenantId, channelId: approvals, ...posted };
    const content = { type: "AdaptiveCard", version: "1.5", fallbackText: "", body: [], actions: [] } as const;
    assert.deepEqual(await app.updateActivity(card, { summary: "s", card: content }), { kind: "done" });
  });

  it("lists its team's channels, General without a name", async () => {
    const answer = await connector("GET", `/v3/teams/${encodeURIComponent(options(workDir).team.id)}/conversations`);
    const conversations = answer.body["conversations"] as readonly { readonly id: string; readonly name?: string }[];
    assert.deepEqual(
      conversations.map(({ id, name }) => [id, name]),
      [
        ["19:general@thread.tacv2", undefined],
        [approvals, "privatelink-approvals"],
      ],
    );
  });

  it("listens on 127.0.0.1 and nowhere else", async () => {
    const { port } = new URL(playground.url);
    // A server on every interface answers here, too.
    await assert.rejects(fetch(`http://127.0.0.2:${port}/`));
  });

  it("writes only into its work directory", async () => {
    assert.match(await readFile(playground.logFile, "utf8"), /Configuration file is loaded/);
    assert.ok(playground.logFile.startsWith(workDir));
  });
});

describe("startPlayground and its process", () => {
  const started: Playground[] = [];
  let workDir: string;
  before(async () => {
    workDir = await mkdtemp(join(tmpdir(), "plgate-playground-"));
  });
  after(async () => {
    // Those of a failed test; stopping twice is harmless.
    await Promise.all(started.map((playground) => playground.stop()));
    await rm(workDir, { recursive: true });
  });

  async function start(changes: Partial<PlaygroundOptions> = {}): Promise<Playground> {
    const playground = await startPlayground(options(workDir, changes));
    started.push(playground);
    return playground;
  }

  it("takes the wished port when it is free, and another one when it is not", async () => {
    const taken: Server = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
    const { port } = taken.address() as AddressInfo;
    const moved = await start({ port });
    assert.notEqual(new URL(moved.url).port, String(port));
    assert.equal(moved.serviceUrl, `${moved.url}/_connector`);
    await moved.stop();
    await new Promise((done) => taken.close(done));
    const there = await start({ port });
    assert.equal(there.url, `http://127.0.0.1:${port}`);
    await there.stop();
  });

  it("is gone after stop, which may be called twice", async () => {
    const playground = await start();
    assert.ok(isAlive(playground.pid));
    await playground.stop();
    await playground.stop();
    assert.ok(!isAlive(playground.pid));
    assert.equal(await playground.exited, "");
  });

  it("shows the errors of its log when it does not like its configuration", async () => {
    const { aadGroupId: _, ...team } = options(workDir).team;
    await assert.rejects(
      start({ team: team as PlaygroundOptions["team"] }),
      /did not start: it ended before it was ready.*\n.*\n.*ConfigFileParseError.*aadGroupId/,
    );
  });

  it("ends when its parent is killed", async () => {
    const script = `
      const { startPlayground } = await import(${JSON.stringify(import.meta.resolve("./playground.ts"))});
      console.log((await startPlayground(${JSON.stringify(options(workDir))})).pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), "line");
    const pid = Number(line);
    assert.ok(isAlive(pid));
    parent.kill("SIGKILL");
    await until(() => !isAlive(pid));
  });
});

describe("what the Playground cannot show", () => {
  const [megan] = options("").users;
  const crowd = Array.from({ length: 7 }, () => megan).filter((user) => user !== undefined);
  const cases = {
    "is a crowd": [{ users: crowd }, /users: 1 to 6, not 7/],
    "is nobody": [{ users: [] }, /users: 1 to 6, not 0/],
    "is a second channel beside General": [
      { channels: [...options("").channels, { id: "19:more@thread.tacv2", name: "more" }] },
      /channels: at most one beside General, not 2/,
    ],
    "is a long bot name": [{ bot: { appId: "b", name: "x".repeat(43) } }, /bot\.name: at most 42 characters/],
  } as const;
  for (const [name, [changes, message]] of Object.entries(cases)) {
    it(name, () => assert.rejects(startPlayground(options(tmpdir(), changes)), message));
  }
});
