import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  estateDeployment,
  mainDeployment,
  recordDeployment,
  rightsDeployment,
  watchDeployment,
} from "../../infra/deploy-template.ts";
import { namesOfNested } from "../../infra/settings.ts";
import { other, provisionedEnvironment } from "./fake-azure.ts";

const root = join(import.meta.dirname, "../../infra");
const text = (path: string) => readFileSync(join(root, path), "utf8");
const templates = readdirSync(root).filter((name) => name.endsWith(".bicep"));
const everything = [...templates, ...readdirSync(join(root, "modules")).map((name) => join("modules", name))]
  .filter((name) => name.endsWith(".bicep"))
  .map(text)
  .join("\n");

/* What the scripts take for granted of the templates. */
describe("between scripts and templates", () => {
  const environment = provisionedEnvironment({ PLGATE_MANAGEMENT_GROUP: "mg" });
  const deployments = [
    recordDeployment(environment),
    mainDeployment(environment, text("main.parameters.json")),
    rightsDeployment(environment),
    watchDeployment(environment, other),
    estateDeployment(environment, "rights and events"),
  ];
  for (const { template, parameters } of deployments) {
    it(`${template}.bicep declares each value that it is given, and is given each that it needs`, () => {
      const declared = [...text(`${template}.bicep`).matchAll(/^param (\w+) ([^=\n]+)(=?)/gm)];
      const names = declared.map(([, name = ""]) => name);
      assert.deepEqual(
        Object.keys(parameters).filter((name) => !names.includes(name)),
        [],
      );
      const needed = declared.filter(([, , , otherwise]) => otherwise === "").map(([, name = ""]) => name);
      assert.deepEqual(
        needed.filter((name) => !(name in parameters)),
        [],
      );
      for (const [, name = "", type = ""] of declared) {
        const value = parameters[name];
        const wanted = { int: "number", bool: "boolean" }[type.trim()] ?? "string";
        if (value !== undefined) assert.equal(typeof value, wanted, name);
      }
    });
  }

  it("a value that a script finds out has a default in main.bicep, or azd would ask for it before the script runs", () => {
    for (const name of ["apiAudience", "fallbackReviewers"]) {
      assert.match(text("main.bicep"), new RegExp(`^param ${name} string = ''$`, "m"));
    }
  });

  it("the names by which rights and topics are taken away are those that are given", () => {
    assert.match(everything, /roleName: 'plgate on services \(\$\{roleNameSuffix\}\)'/);
    assert.match(text("operation-reader-role.json"), /"name": "plgate operation reader"/);
    assert.match(everything, /roleNameSuffix: '\$\{environmentName\} \$\{deploymentToken\(/);
    assert.match(everything, /string => 'plgatedata\$\{token\}'/);
    assert.match(everything, /'plgatehost\$\{token\}'/);
    assert.match(text("watch.bicep"), /name: 'rg-\$\{environmentName\}-watch'/);
    const topics = [...text("watch.bicep").matchAll(/topicName: '([\w-]+)\$/g)].map((match) => match[1]);
    assert.deepEqual(topics, ["evgt-plgate-", "evgt-plgate-resources-"]);
  });

  it("the rights to take a connection away are given and taken back by one rule", () => {
    assert.match(text("rights.bicep"), /var removes = mode == 'enforce' && revokeBy == 'remove'/);
  });

  it("azd could mix up no deployment at a subscription with the environment's own: settings.ts refuses such a name", () => {
    const nested = [...everything.matchAll(/name: '(plgate-[\w-]*)[^']*'\s+scope: subscription\(/g)].map(
      (match) => match[1],
    );
    assert.deepEqual([...new Set(nested)].sort(), [...namesOfNested].sort());
  });

  it("only main.bicep carries the tag by which azd down deletes", () => {
    const tagging = templates.filter((name) => /'azd-env-name':/.test(text(name)));
    assert.deepEqual(tagging, ["main.bicep"]);
  });

  it("main.bicep reaches into no group but its own", () => {
    const scopes = [...text("main.bicep").matchAll(/^ {2}scope: (.+)$/gm)].map((match) => match[1]);
    assert.deepEqual([...new Set(scopes)], ["group"]);
  });
});
