import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { plgate } from "../../src/cli/plgate.ts";
import { auditKinds } from "../../src/ledger/event.ts";
import { instruments } from "../../src/runtime/telemetry.ts";
import { ask } from "./kql.ts";
import { allCharts, allRules } from "./queries.ts";

const root = join(import.meta.dirname, "../..");
const text = (path: string) => readFileSync(join(root, path), "utf8");
const operations = text("docs/operations.md");
const observability = text("docs/observability.md");
const queries = [...allRules, ...allCharts];

/** The lines under a heading, up to the next of the same level or above. */
function chapter(page: string, heading: string): string {
  const level = heading.indexOf(" ");
  const from = page.indexOf(`\n${heading}\n`);
  assert.ok(from >= 0, `there is no "${heading}"`);
  const rest = page.slice(from + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, "m"));
  return end < 0 ? rest : rest.slice(0, end);
}

function markOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");
}

describe("The queries of alerts and workbook", () => {
  for (const { name, query } of queries) {
    it(`${name} can be asked, of nothing too`, () => assert.ok(ask(query, {}, new Date()).length >= 0));

    it(`${name} asks of numbers that plgate tells`, () => {
      const named = [...query.matchAll(/"(plgate\.[a-z.]+)"/g)].map(([, number = ""]) => number);
      const fields = [...query.matchAll(/Properties\["([^"]+)"\]/g)].map(([, field = ""]) => field);
      const unknown = named.filter((number) => !(number in instruments) && !fields.includes(number));
      assert.deepEqual(unknown, []);
    });
  }

  it("know the kinds of events that they name", () => {
    const drift = allCharts.find(({ name }) => name === "drift")?.query ?? "";
    const named = [...(/in \(([^)]*)\)/.exec(drift)?.[1] ?? "").matchAll(/"([^"]+)"/g)].map(([, kind = ""]) => kind);
    const known: readonly string[] = auditKinds;
    assert.deepEqual([named.length > 3, named.filter((kind) => !known.includes(kind))], [true, []]);
  });

  it("have names of their own", () => {
    for (const list of [allRules, allCharts]) {
      assert.equal(new Set(list.map(({ name }) => name)).size, list.length);
    }
  });

  it("show every number, but for those that say what another says", () => {
    const shown = queries.map(({ query }) => query).join("\n");
    assert.deepEqual(
      Object.keys(instruments).filter((name) => !shown.includes(`"${name}"`)),
      [],
    );
  });
});

describe("The alerts", () => {
  it("give one column, Value, which Azure compares", () => {
    for (const { name, query } of allRules) {
      assert.match(query.split("\n").at(-1) ?? "", /^\| (summarize|project) Value = [^,]+(\([^)]*\))?$/, name);
    }
  });

  it("are evaluated as seldom as the cheapest step allows, and are a handful", () => {
    assert.ok(allRules.length <= 12);
    for (const { name, window, frequency } of allRules) {
      assert.ok(frequency === "PT1H" || frequency === "PT15M", name);
      // Rows come minutes late: what a rule sees has to overlap with what it saw before.
      assert.ok(!(frequency === "PT1H" && window === "sweep"), `${name} looks away half of the time`);
    }
  });

  it("end by themselves, but for what is evidence", () => {
    assert.deepEqual(
      allRules.filter(({ autoMitigate }) => !autoMitigate).map(({ name }) => name),
      ["record-broken"],
    );
  });

  it("call nobody where no address is given, and refuse what is none", () => {
    const bicep = text("infra/modules/alerts.bicep");
    assert.match(bicep, /= if \(!empty\(receivers\)\)/);
    assert.match(bicep, /actionGroups: empty\(receivers\) \? \[\] : \[people\.id\]/);
    // What it refuses stands in infra/expected/checks.said.
    assert.match(bicep, /emailsOf\('alertEmails', alertEmails\)/);
    assert.match(text("infra/main.bicep"), /^param alertEmails string = ''$/m);
  });

  it("rest on lines of the log that the host keeps whole", () => {
    const host = JSON.parse(text("host.json"));
    const { excludedTypes } = host.logging.applicationInsights.samplingSettings;
    assert.deepEqual(excludedTypes.split(";").sort(), ["Exception", "Request", "Trace"]);
    // In that mode the host has a sampler of its own, which those settings do not reach (docs/observability.md).
    assert.equal("telemetryMode" in host, false);
  });
});

describe("docs/operations.md", () => {
  const headings = (part: string) => [...part.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);

  it("has a section for each alert, and none for an alert that there is not", () => {
    const sections = headings(chapter(operations, "## When an alert calls")).map(markOf);
    assert.deepEqual(sections.sort(), allRules.map(({ section }) => section).sort());
  });

  for (const { name, section, title, severity } of allRules) {
    it(`says of ${name} what it means, where to look, how to mend it, and whom to wake`, () => {
      const part = chapter(operations, "## When an alert calls");
      const own = headings(part).find((one) => markOf(one) === section) ?? assert.fail(title);
      const body = chapter(operations, `### ${own}`);
      for (const word of ["Means", "Look", "Mend", "Wake"])
        assert.match(body, new RegExp(`^\\*\\*${word}\\.\\*\\* \\S`, "m"));
      assert.ok(part.includes(`| \`${name}\` | ${severity} |`), `the table does not say how severe ${name} is`);
    });
  }

  it("says what each state of a request means", async () => {
    const { openStates } = await import("../../src/requests/request.ts");
    const ends = [...text("src/requests/transitions.ts").matchAll(/^ {2}"?([a-z-]+)"?: \{\},$/gm)].map(
      ([, state]) => state,
    );
    const rows = chapter(operations, "## States of a request");
    assert.ok(ends.length === 5);
    assert.deepEqual(
      [...openStates, ...ends].filter((state) => !rows.includes(`| \`${state}\` |`)),
      [],
    );
  });

  it("says what each check of health means", () => {
    const source = text("src/workflow/check-health.ts");
    const checks = [...source.matchAll(/looked\("([a-z-]+)"/g)].map(([, name]) => name);
    const rows = chapter(operations, "## What health says");
    assert.ok(checks.length > 5);
    assert.deepEqual(
      checks.filter((name) => !rows.includes(`| \`${name}\` |`)),
      [],
    );
  });

  const commands = [...operations.matchAll(/npm run --silent plgate -- ([^\n`]+)/g)].map(([, command = ""]) => command);
  it("has commands", () => assert.ok(commands.length > 15));
  for (const command of new Set(commands)) {
    it(`names a command and options that there are: ${command}`, async () => {
      const words = command.split(" ").slice(0, command.startsWith("doctor") ? 1 : 2);
      const usage = await usageOf(words);
      const options = [...command.matchAll(/ (--[a-z-]+)/g)].map(([, option = ""]) => option);
      assert.deepEqual(
        options.filter((option) => !usage.includes(option)),
        [],
      );
    });
  }
});

describe("docs/observability.md", () => {
  it("lists each number", () => {
    const rows = chapter(observability, "## Numbers");
    // Names that begin alike stand in one row, the later ones by their ends.
    const isListed = (name: string) => rows.includes(`\`${name}\``) || rows.includes(`\`.${name.split(".").at(-1)}\``);
    assert.deepEqual(
      Object.keys(instruments).filter((name) => !isListed(name)),
      [],
    );
  });
});

async function usageOf(words: readonly string[]): Promise<string> {
  let said = "";
  const never = () => assert.fail("a question for help asks nobody");
  const exit = await plgate([...words, "--help"], {
    out: (part) => {
      said += part;
    },
    err: (part) => assert.fail(part),
    progress: () => undefined,
    pipe: never,
    environment: {},
    withStore: never,
    withApi: never,
    withAzure: never,
    ask: undefined,
  });
  assert.equal(exit, 0);
  assert.ok(said.includes(`plgate ${words.join(" ")}`), `${words.join(" ")} is no command`);
  return said;
}
