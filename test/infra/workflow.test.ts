import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { checkedVariables } from "../../infra/settings.ts";

const root = join(import.meta.dirname, "../..");
const text = (path: string) => readFileSync(join(root, path), "utf8");

type Step = { readonly uses?: string; readonly run?: string; readonly with?: Record<string, unknown> };
type Job = {
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly permissions?: Record<string, string>;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
};
type Workflow = {
  readonly on: Record<string, unknown>;
  readonly permissions: Record<string, string>;
  readonly concurrency: { readonly group: string };
  readonly env: Record<string, string>;
  readonly jobs: Record<string, Job>;
};

describe("the workflow for GitHub", () => {
  const source = text(".github/workflows/deploy.yml");
  const workflow = parse(source) as Workflow;
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it("tests what is proposed and what is merged, and deploys nothing that failed", () => {
    assert.deepEqual(Object.keys(workflow.on), ["pull_request", "push", "workflow_dispatch"]);
    assert.deepEqual(workflow.on["push"], { branches: ["main"] });
    assert.deepEqual(
      jobs.map(([name, job]) => [name, job.needs]),
      [
        ["test", undefined],
        ["preview", "test"],
        ["deploy", "test"],
      ],
    );
  });

  it("may read the code, and asks for a token of its identity only where it signs in", () => {
    assert.deepEqual(workflow.permissions, { contents: "read" });
    for (const [name, job] of jobs) {
      const signsIn = job.steps.some(({ uses }) => uses?.startsWith("azure/login@"));
      assert.deepEqual(job.permissions, signsIn ? { contents: "read", "id-token": "write" } : undefined, name);
    }
  });

  it("signs in only under an environment that the repository protects, previews as another identity than it deploys", () => {
    const { preview, deploy } = workflow.jobs;
    assert.deepEqual([preview?.environment, deploy?.environment], ["preview", "production"]);
    assert.match(preview?.if ?? "", /AZURE_PREVIEW_CLIENT_ID != ''[\s\S]*head.repo.full_name == github.repository/);
    assert.match(deploy?.if ?? "", /refs\/heads\/main[\s\S]*AZURE_CLIENT_ID != ''/);
    const clients = [preview, deploy].map(
      (job) => job?.steps.find(({ uses }) => uses?.startsWith("azure/login"))?.with?.["client-id"],
    );
    assert.deepEqual(
      clients,
      ["AZURE_PREVIEW_CLIENT_ID", "AZURE_CLIENT_ID"].map((name) => `\${{ vars.${name} }}`),
    );
  });

  it("holds no secret, and lets no text of a pull request reach a shell", () => {
    assert.doesNotMatch(source, /\$\{\{[^}]*secrets/);
    assert.doesNotMatch(source, /pull_request_target/);
    for (const { run } of steps) assert.doesNotMatch(run ?? "", /\$\{\{/);
  });

  it("ends, never deploys twice at once, and leaves no token in the checkout", () => {
    for (const [name, job] of jobs) assert.ok((job["timeout-minutes"] ?? 999) <= 90, name);
    assert.match(workflow.concurrency.group, /github.ref/);
    for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
      assert.equal(step.with?.["persist-credentials"], false);
    }
  });

  it("uses released actions of their makers only", () => {
    const used = new Set(steps.flatMap(({ uses }) => uses ?? []));
    assert.deepEqual([...used].sort(), [
      "Azure/setup-azd@v2",
      "actions/checkout@v4",
      "actions/setup-node@v4",
      "azure/login@v2",
    ]);
  });

  it("runs npm scripts and files that exist", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    const runs = steps.map(({ run = "" }) => run);
    const named = runs
      .flatMap((run) => /^npm (?:run )?([\w:-]+)$/.exec(run)?.[1] ?? [])
      .filter((name) => name !== "ci");
    assert.deepEqual(named, ["typecheck", "lint", "dead-code", "build", "test"]);
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
    );
    for (const file of runs.flatMap((run) => /node (\S+\.ts)$/.exec(run)?.[1] ?? []))
      assert.ok(existsSync(join(root, file)), file);
  });

  it("hands every value of an environment on, each from the variable of its name", () => {
    const ours = Object.keys(workflow.env).filter((name) => name.startsWith("PLGATE_"));
    const removal = ["PLGATE_DELETE_RECORD"];
    assert.deepEqual(
      checkedVariables.filter((name) => !ours.includes(name) && !removal.includes(name)),
      [],
    );
    const variables = [...text("infra/main.parameters.json").matchAll(/\$\{(PLGATE_\w+)/g)].map(
      (match) => match[1] ?? "",
    );
    assert.deepEqual(
      variables.filter((name) => !ours.includes(name)),
      [],
    );
    for (const [name, value] of Object.entries(workflow.env)) assert.equal(value, `\${{ vars.${name} }}`);
  });
});

describe("the container for development", () => {
  const container = JSON.parse(text(".devcontainer/devcontainer.json")) as {
    image: string;
    features: Record<string, unknown>;
    forwardPorts: readonly number[];
    postCreateCommand: string;
  };

  it("has the Node that the functions run on, and the tools of the docs", () => {
    assert.match(container.image, /typescript-node:24$/);
    const tools = Object.keys(container.features).map((id) => id.split("/").at(-1)?.split(":")[0]);
    assert.deepEqual(tools, ["azure-cli", "azd", "azure-functions-core-tools"]);
    assert.equal(container.postCreateCommand, "npm ci");
  });

  it("lets the ports of the local stack through", () => {
    const stack = text("local/stack.ts");
    const ports = [...stack.matchAll(/port\((\d{4,5})\)/g)].map((match) => Number(match[1]));
    assert.ok(ports.length >= 2, "local/stack.ts names no ports");
    assert.deepEqual(
      ports.filter((port) => !container.forwardPorts.includes(port)),
      [],
    );
    assert.deepEqual(
      [7071, 7443, 10000, 10001, 10002, 56150].filter((port) => !container.forwardPorts.includes(port)),
      [],
    );
  });
});
