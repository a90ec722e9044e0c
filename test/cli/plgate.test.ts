import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PlgateError } from "../../src/runtime/errors.ts";
import { fakeStore, inAzure, run, runOn, scratch } from "./terminal.ts";

const verbs = [
  "policy check",
  "policy test",
  "policy publish",
  "policy activate",
  "policy rollback",
  "policy show",
  "policy list",
  "consumers list",
  "consumers show",
  "consumers set",
  "consumers remove",
  "consumers import",
  "consumers export",
  "audit search",
  "audit export",
  "teams test",
  "doctor",
];
const id = "99999999-0000-0000-0000-000000000009";

describe("plgate", () => {
  it("lists every command when asked for help", async () => {
    const { code, out, err } = await run(["--help"]);
    assert.deepEqual([code, err], [0, ""]);
    for (const verb of verbs) assert.match(out, new RegExp(`^${verb} {2,}\\w`, "m"));
  });

  it("lists them as a fault when no command is given", async () => {
    const { code, out, err } = await run([]);
    assert.deepEqual([code, out], [2, ""]);
    assert.equal(err, (await run(["--help"])).out);
  });

  it("lists the commands of one noun", async () => {
    const { code, out } = await run(["consumers", "--help"]);
    assert.equal(code, 0);
    assert.match(out, /^consumers set/m);
    assert.doesNotMatch(out, /^policy/m);
    assert.match((await run(["consumers"])).err, /no command "consumers"[\s\S]*^consumers set/m);
  });

  it("guesses which command was meant", async () => {
    const { code, err } = await run(["policy", "chek", "prod.yaml"]);
    assert.deepEqual([code, err], [2, 'plgate: there is no command "policy chek"; did you mean "policy check"?\n']);
  });

  for (const verb of verbs) {
    it(`explains ${verb} with its way of calling and its exit codes`, async () => {
      for (const asking of ["--help", "-h"]) {
        const { code, out, err } = await run([...verb.split(" "), asking]);
        assert.deepEqual([code, err], [0, ""]);
        assert.match(out, new RegExp(`^ {2}plgate ${verb} .*--json`, "m"));
        assert.match(out, /^Exit code: 0/m);
      }
    });

    it(`refuses an option that ${verb} does not know, and says where help is`, async () => {
      const { code, out, err } = await run([...verb.split(" "), "--loud"]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, new RegExp(`^plgate ${verb}: there is no option --loud\n"plgate ${verb} --help"`));
    });
  }

  it("guesses which option was meant", async () => {
    assert.match((await run(["policy", "list", "--jsno"])).err, /no option --jsno; did you mean --json\?/);
  });

  const misuses: Readonly<Record<string, readonly [string, RegExp]>> = {
    "check without a file": ["policy check", /FILE is missing/],
    "test without a file": ["policy test", /FILE or DIR is missing/],
    "publish without a file": ["policy publish --note x", /FILE is missing/],
    "publish of two files": ["policy publish a.yaml b.yaml --note x", /takes one FILE, not also b\.yaml/],
    "publish without a note": ["policy publish a.yaml", /--note is missing/],
    "publish with an empty note": ["policy publish a.yaml --note=", /--note is missing/],
    "publish with an endless note": [`policy publish a.yaml --note=${"x".repeat(1001)}`, /--note is longer than 1000/],
    "publish by nobody": ["policy publish a.yaml --note x --author=", /--author is missing/],
    "publish of a test file": ["policy publish a.test.yaml --note x", /is a test file; publish the policy beside it/],
    "publish with a warning that nobody knows": [
      "policy publish a.yaml --note x --acknowledge all",
      /--acknowledge takes the name of a warning: known-guard, /,
    ],
    "activate without a version": ["policy activate prod --note x", /VERSION is missing/],
    "activate of what is no version": ["policy activate prod latest --note x", /VERSION is a number; "latest" is not/],
    "activate without a note": ["policy activate prod 1", /--note is missing/],
    "activate of what is no name": ["policy activate ~active 1 --note x", /NAME is the name of a policy; "~active"/],
    "rollback without a name": ["policy rollback --note x", /NAME is missing/],
    "rollback without a note": ["policy rollback prod", /--note is missing/],
    "show of what is no name": ["policy show Prod", /NAME is the name of a policy; "Prod" is not/],
    "show of what is no version": ["policy show prod --version 0", /--version takes a number/],
    "list of something": ["policy list prod", /takes no argument, not prod/],
    "an option without its value": ["policy publish a.yaml --note", /'--note <value>' argument missing/],
    "show of nobody": ["consumers show", /ID is missing/],
    "show of what is no id": ["consumers show contoso", /ID is the id of a subscription; ".*" is not/],
    "remove of what is no id": ["consumers remove *", /ID is the id of a subscription; ".*" is not/],
    "import of nothing": ["consumers import", /FILE is missing/],
    "import of what is no table": ["consumers import x.xlsx", /x\.xlsx is neither \.csv nor \.json/],
    "import of a file that is not there": [
      "consumers import none.csv",
      /none\.csv cannot be read: there is no such file/,
    ],
    "export to nowhere": ["consumers export", /FILE is missing/],
    "export to what is no table": ["consumers export x.txt", /x\.txt is neither \.csv nor \.json/],
    "set with a tag that is none": [`consumers set ${id} --tag team`, /--tag takes KEY=VALUE; "team" is not/],
    "set with a tag without a key": [`consumers set ${id} --tag =sre`, /--tag takes KEY=VALUE/],
    "set with a tenant that is none": [`consumers set ${id} --tenant contoso`, /tenantId: is the id of a tenant/],
  };
  for (const [what, [line, problem]] of Object.entries(misuses)) {
    it(`refuses ${what} before the store is touched or changed`, async () => {
      const store = fakeStore();
      const { code, out, err } = await runOn(store, ...line.split(" "));
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, problem);
      assert.equal(await store.consumers.find(id), undefined);
    });
  }
});

describe("what plgate prints", () => {
  const hostile = "Contoso\u001b[2J\u202e\u009b31m\nprod  9\u2028x\ud800";

  it("moves no cursor, turns no writing round and forges no line, whatever a name holds", async () => {
    const store = fakeStore();
    await store.consumers.put({
      subscriptionId: id,
      name: hostile,
      tier: null,
      tenantId: null,
      tags: { [hostile]: hostile },
      owners: [],
    });
    for (const verb of ["list", "show"]) {
      const { out } = await runOn(store, "consumers", verb, ...(verb === "show" ? [id] : []));
      assert.doesNotMatch(out, /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      assert.doesNotMatch(out, /^prod/m);
    }
  });

  it("keeps it exactly for machines, escaped", async () => {
    const store = fakeStore();
    const consumer = {
      subscriptionId: id,
      name: hostile,
      tier: "größe 👍",
      tenantId: null,
      tags: { [hostile]: hostile },
      owners: [],
    };
    await store.consumers.put(consumer);
    const { out } = await runOn(store, "consumers", "show", id, "--json");
    assert.doesNotMatch(out, /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    assert.match(out, /größe 👍/);
    assert.deepEqual(JSON.parse(out), consumer);
  });

  it("tells a fault of the store without a stack, and lets one of its own through", async () => {
    const list = (error: Error) =>
      fakeStore({ policies: { ...fakeStore().policies, list: () => Promise.reject(error) } });
    const { code, out, err } = await runOn(
      list(new PlgateError("the store is \u001b[31mdown", { retryable: true })),
      ...["policy", "list"],
    );
    assert.deepEqual([code, out, err], [1, "", "plgate policy list: the store is \ufffd[31mdown\n"]);
    await assert.rejects(runOn(list(new RangeError("a bug")), "policy", "list"), RangeError);
  });
});

describe("where the store is", () => {
  const folder = scratch();
  const connectionString = "UseDevelopmentStorage=true";
  const placeOf = async (args: readonly string[], environment: Record<string, string> = {}) => {
    let place: unknown;
    const said = await run(["consumers", "list", ...args], {
      environment,
      withStore: async (given) => {
        place = given;
        return 0;
      },
    });
    return said.code === 0 ? place : said;
  };
  const inPublicCloud = { suffix: "core.windows.net", authority: "https://login.microsoftonline.com" };

  it("is the account that the option names, whatever the environment says", async () => {
    assert.deepEqual(await placeOf(["--storage-account", "other"], inAzure), {
      ...{ kind: "account", account: "other", ...inPublicCloud },
    });
  });

  it("is else the one of the environment, in its cloud", async () => {
    assert.deepEqual(await placeOf([], inAzure), { kind: "account", account: "plgatedata", ...inPublicCloud });
    assert.deepEqual(await placeOf([], { ...inAzure, PLGATE_CLOUD: "china" }), {
      kind: "account",
      account: "plgatedata",
      suffix: "core.chinacloudapi.cn",
      authority: "https://login.partner.microsoftonline.cn",
    });
  });

  it("is the running local stack, even where the environment names an account", async () => {
    const state = await folder.file(
      "running.json",
      JSON.stringify({ pid: process.pid, storage: { connectionString } }),
    );
    assert.deepEqual(await placeOf(["--local", "--state", state], inAzure), { kind: "local", connectionString });
  });

  const gone = 2 ** 22 + 1;
  const states: Readonly<Record<string, readonly [string, RegExp]>> = {
    "whose process is gone": [
      JSON.stringify({ pid: gone, storage: { connectionString } }),
      /is gone; start it by "npm start"/,
    ],
    "whose file names no process": [JSON.stringify({ storage: { connectionString } }), /is gone/],
    "whose file does not say where storage is": [JSON.stringify({ pid: process.pid }), /does not say where storage is/],
    "whose file is broken": ["{", /is not JSON; start the stack again/],
    "whose file holds something else": ["null", /is gone/],
  };
  for (const [what, [text, problem]] of Object.entries(states)) {
    it(`is no stack ${what}`, async () => {
      const said = await run(["consumers", "list", "--local", "--state", await folder.file("state.json", text)]);
      assert.deepEqual([said.code, said.out], [1, ""]);
      assert.match(said.err, problem);
    });
  }

  it("is no stack that was never started", async () => {
    const { code, err } = await run(["consumers", "list", "--local", "--state", folder.path("absent.json")]);
    assert.equal(code, 1);
    assert.match(err, /no local stack is running \(.*absent\.json cannot be read\); start it by "npm start"/);
  });

  const unclear: Readonly<Record<string, readonly [readonly string[], Record<string, string>, RegExp]>> = {
    "named nowhere": [[], {}, /Say --storage-account NAME \(or set PLGATE_STORAGE_ACCOUNT\), or --local/],
    "named emptily": [[], { PLGATE_STORAGE_ACCOUNT: "" }, /Say --storage-account/],
    "two places": [["--local", "--storage-account", "other"], {}, /name two places/],
    "a state file without --local": [["--state", "x.json"], inAzure, /--state is for --local/],
    "no name of an account": [["--storage-account", "evil.example/x"], {}, /is not the name of a storage account/],
    "in a cloud that there is not": [[], { ...inAzure, PLGATE_CLOUD: "moon" }, /PLGATE_CLOUD/],
    "reached without TLS verification": [[], { ...inAzure, NODE_TLS_REJECT_UNAUTHORIZED: "0" }, /never switched off/],
  };
  for (const [what, [args, environment, problem]] of Object.entries(unclear)) {
    it(`is refused when it is ${what}`, async () => {
      const { code, out, err } = await run(["consumers", "list", ...args], { environment });
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, problem);
    });
  }
});
