import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { aPolicy, itsTests, run, scratch } from "./terminal.ts";

const typo = aPolicy().replace("consumer.tier", "consumer.teir");
const guarded = aPolicy().replace("effect: approve", "effect: review").replace("gold }", "{ known: true } }");

const mistaken = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: prod-network
lists:
  blocked-subscriptions: [11111111-0000-0000-0000-000000000001]
  eu-regions: [West Europe, northeurope]
rules:
  - id: blocked-subscription
    effect: reject
    because: On the block list.
    when: { consumer.subscriptionId: { inList: blocked-subscriptons } }
  - id: region
    effect: review
    because: Elsewhere.
    when: { endpoint.region: { notInList: eu-regions } }
  - id: registered-customer
    effect: approve
    because: Registered.
    when:
      consumer.registered: "yes"
      consumer.teir: gold
`;

describe("policy check", () => {
  const folder = scratch();

  it("finds nothing wrong with a good policy and its tests", async () => {
    const files = [await folder.file("prod.yaml", aPolicy()), await folder.file("prod.test.yaml", itsTests())];
    assert.deepEqual(await run(["policy", "check", ...files]), {
      ...{ code: 0, out: "2 files: 0 errors, 0 warnings\n", err: "" },
    });
  });

  it("names every error of every file with line, column, severity and rule", async () => {
    const one = await folder.file("one.yaml", typo);
    const two = await folder.file("two.yaml", `${typo.replace("name: prod", "name: Prod")}more: 1\n`);
    const { code, out } = await run(["policy", "check", one, two]);
    assert.equal(code, 1);
    assert.deepEqual(
      out.split("\n").map((line) => line.replace(/; .*$/, "")),
      [
        `${one}:11:40 error gold unknown fact consumer.teir`,
        `${two}:3:7 error (policy) name is lower-case letters, digits and -, beginning with a letter`,
        `${two}:11:40 error gold unknown fact consumer.teir`,
        `${two}:12:1 error (policy) a policy has no field more`,
        "2 files: 4 errors, 0 warnings",
        "",
      ],
    );
    assert.match(out, /did you mean consumer\.tier\?/);
  });

  it("says what was probably meant, in the sentences of the specification", async () => {
    const file = await folder.file("prod-network.yaml", mistaken);
    const { code, out } = await run(["policy", "check", file]);
    assert.equal(code, 1);
    assert.equal(
      out.replaceAll(file, "prod-network.yaml"),
      `prod-network.yaml:5:3 warning (list) no rule uses the list blocked-subscriptions (unused)
prod-network.yaml:6:16 error (list) eu-regions is compared with a region; "West Europe" is not one; write westeurope (used at line 15)
prod-network.yaml:11:48 error blocked-subscription no list named blocked-subscriptons; did you mean blocked-subscriptions?
prod-network.yaml:20:28 error registered-customer consumer.registered is a bool; "yes" is not
prod-network.yaml:21:7 error registered-customer unknown fact consumer.teir; did you mean consumer.tier?
1 file: 4 errors, 1 warning
`,
    );
  });

  it("passes a policy with warnings and names them", async () => {
    const file = await folder.file("guarded.yaml", guarded);
    const { code, out } = await run(["policy", "check", file]);
    assert.equal(code, 0);
    assert.match(out, /^.*guarded\.yaml:11:57 warning gold .* \(known-guard\)\n1 file: 0 errors, 1 warning\n$/);
  });

  it("checks a test file against the policy beside it, and tells a broken policy once", async () => {
    const policy = await folder.file("b/prod.yaml", aPolicy());
    const tests = await folder.file("b/prod.test.yaml", itsTests().replace("expect: review", "expect: maybe"));
    const { code, out } = await run(["policy", "check", policy, tests]);
    assert.equal(code, 1);
    assert.match(out, /^.*prod\.test\.yaml:9:\d+ error .*maybe.*\n2 files: 1 error, 0 warnings\n$/);
    await folder.file("b/prod.yaml", typo);
    assert.match((await run(["policy", "check", policy, tests])).out, /\n2 files: 1 error, 0 warnings\n$/);
  });

  it("gives machines the findings and their number", async () => {
    const file = await folder.file("typo.yaml", typo);
    const { code, out } = await run(["policy", "check", file, "--json"]);
    assert.equal(code, 1);
    const { value, ...counts } = JSON.parse(out);
    assert.deepEqual(counts, { files: 1, errors: 1, warnings: 0 });
    assert.deepEqual([value[0].file, value[0].line, value[0].column, value[0].rule], [file, 11, 40, "gold"]);
  });

  it("says which file cannot be read, and why", async () => {
    const good = await folder.file("good.yaml", aPolicy());
    for (const [file, why] of [
      [folder.path("absent.yaml"), "there is no such file"],
      [folder.path("."), "it is a folder; name the files in it"],
    ] as const) {
      const { code, out, err } = await run(["policy", "check", good, file]);
      assert.deepEqual([code, out], [2, ""]);
      assert.ok(err.startsWith(`plgate policy check: ${file} cannot be read: ${why}\n`), err);
    }
  });

  it("takes a file that is no text for a broken one", async () => {
    const file = await folder.file("binary.yaml", "\u0000\u0001");
    const { code, out } = await run(["policy", "check", file]);
    assert.equal(code, 1);
    assert.match(out, /binary\.yaml:1:1 error \(policy\) this is not UTF-8 text/);
  });
});

describe("policy test", () => {
  const folder = scratch();

  it("prints a line for each case and the count", async () => {
    const file = await folder.file("prod.yaml", aPolicy());
    const tests = await folder.file("prod.test.yaml", itsTests());
    const out = `${tests}\nok    gold is let in\nok    silver is not\n2 passed, 0 failed\n`;
    assert.deepEqual(await run(["policy", "test", file]), { code: 0, out, err: "" });
    assert.deepEqual(await run(["policy", "test", tests]), { code: 0, out, err: "" });
  });

  it("shows for a failure what was expected, what came, and the condition that made it so", async () => {
    const file = await folder.file("fail/prod.yaml", aPolicy());
    const tests = await folder.file("fail/prod.test.yaml", itsTests("prod.yaml", "reject"));
    const { code, out } = await run(["policy", "test", file]);
    assert.equal(code, 1);
    assert.ok(out.includes(`FAIL  gold is let in (${tests}:8)`), out);
    assert.match(out, /expected reject, got approve/);
    assert.ok(out.includes(`gold (${file}:8) approve: true`), out);
    assert.match(out, /line 11, .*consumer\.tier equals "gold": got "gold": true/);
    assert.match(out, /1 passed, 1 failed\n$/);
  });

  it("runs all in a folder and below, each once, and names what has no tests", async () => {
    await folder.file("all/a.yaml", aPolicy());
    await folder.file("all/a.test.yaml", itsTests("a.yaml"));
    await folder.file("all/deep/b.yml", aPolicy());
    await folder.file("all/deep/b.test.yml", itsTests("b.yml"));
    const bare = await folder.file("all/bare.yaml", aPolicy());
    const all = folder.path("all");
    const { code, out } = await run(["policy", "test", `${all}/`, `${all}/a.yaml`]);
    const held = "ok    gold is let in\nok    silver is not\n2 passed, 0 failed\n";
    const tested = [`${all}/a.test.yaml`, `${all}/deep/b.test.yml`].map((file) => `${file}\n${held}`);
    const untested = `${bare}\nno tests beside it (${all}/bare.test.yaml)\n`;
    assert.deepEqual([code, out], [0, [...tested, untested].join("\n")]);
  });

  it("counts a broken file more than a failure, and still reports both", async () => {
    await folder.file("worse/a.yaml", aPolicy());
    await folder.file("worse/a.test.yaml", itsTests("a.yaml", "reject"));
    const broken = await folder.file("worse/b.yaml", typo);
    await folder.file("worse/b.test.yaml", itsTests("b.yaml"));
    const { code, out } = await run(["policy", "test", folder.path("worse")]);
    assert.equal(code, 2);
    assert.match(out, /1 passed, 1 failed/);
    assert.ok(out.includes(`${broken}:11:40 error gold unknown fact consumer.teir`), out);
  });

  it("gives machines the same", async () => {
    const file = await folder.file("json/prod.yaml", aPolicy());
    const tests = await folder.file("json/prod.test.yaml", itsTests("prod.yaml", "reject"));
    const bare = await folder.file("json/bare.yaml", aPolicy());
    const { code, out } = await run(["policy", "test", folder.path("json"), "--json"]);
    assert.equal(code, 1);
    const { value, untested } = JSON.parse(out);
    assert.deepEqual(untested, [bare]);
    assert.equal(value.length, 1);
    const [{ cases, ...rest }] = value;
    const counts = {
      kind: "ran",
      passed: 1,
      failed: 1,
      coverage: [{ rule: "gold", line: 8, cases: 1 }],
      neverTrue: [],
    };
    assert.deepEqual(rest, { policyFile: file, testFile: tests, ...counts });
    const [{ rules, ...failed }] = cases;
    assert.deepEqual(
      rules.map(({ rule, line, matched }: Record<string, unknown>) => ({ rule, line, matched })),
      [{ rule: "gold", line: 8, matched: true }],
    );
    assert.deepEqual(failed, {
      ...{ name: "gold is let in", line: 8, ok: false, differences: ["expected reject, got approve"] },
      ...{ expected: "reject", got: "approve", decidedBy: ["gold"], reason: "One." },
    });
    assert.equal(cases[1].ok, true);
  });

  const refused: Readonly<Record<string, readonly [() => Promise<string>, RegExp]>> = {
    "a policy without tests": [
      () => folder.file("bare.yaml", aPolicy()),
      /bare\.yaml has no tests beside it \(.*bare\.test\.yaml\)/,
    ],
    "a file that is not there": [
      async () => folder.path("absent.yaml"),
      /absent\.yaml cannot be read: there is no such/,
    ],
    "tests without their policy": [
      () => folder.file("left.test.yaml", itsTests()),
      /left\.yaml cannot be read: there is/,
    ],
    "a folder without tests": [
      async () => folder.path((await folder.file("poor/a.yaml", aPolicy())) && "poor"),
      /no test file was found in .*poor/,
    ],
  };
  for (const [what, [make, problem]] of Object.entries(refused)) {
    it(`refuses ${what}`, async () => {
      const { code, err } = await run(["policy", "test", await make()]);
      assert.equal(code, 2);
      assert.match(err, problem);
    });
  }
});
