import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fakeStore, runOn, scratch } from "./terminal.ts";

function policy(drift: string): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: prod
drift: ${drift}
rules: [{ id: let, effect: approve, because: Let in., when: { consumer.registered: true } }]
`;
}

const note = ["--note", "CHG-1", "--acknowledge", "untested"];

describe("plgate says what a policy changes for connections that are approved already", () => {
  const folder = scratch();

  it("when it is published", async () => {
    const store = fakeStore();
    const refused = await runOn(store, "policy", "publish", await folder.file("a.yaml", policy("revoke")), ...note);
    assert.equal(refused.code, 1);
    assert.match(refused.out, /a\.yaml:4:1 warning \(policy\) .*begin with drift: escalate \(never-escalated\)\n/);
    const { code, out } = await runOn(
      store,
      "policy",
      "publish",
      await folder.file("a.yaml", policy("escalate")),
      ...note,
    );
    assert.equal(code, 0);
    assert.match(out, /\ndrift is handled otherwise from now on: record → escalate\n$/);
  });

  it("when somebody else puts it in force, and not before", async () => {
    const store = fakeStore();
    await runOn(store, "policy", "publish", await folder.file("b.yaml", policy("escalate")), ...note);
    const kept = await runOn(
      ...([
        store,
        "policy",
        "publish",
        await folder.file("b.yaml", policy("revoke")),
        ...note,
        "--no-activate",
      ] as const),
    );
    assert.doesNotMatch(kept.out, /drift/);
    const { out } = await runOn(store, "policy", "activate", "prod", "2", "--note", "CHG-2");
    assert.match(
      out,
      /\ndrift is handled otherwise from now on: escalate → revoke after P1D, unless people keep the connection\n$/,
    );
    const back = await runOn(store, "policy", "rollback", "prod", "--note", "CHG-3", "--json");
    assert.equal(JSON.parse(back.out).drift.after, "escalate");
  });
});
