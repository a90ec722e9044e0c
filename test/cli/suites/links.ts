import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AuditIndex } from "../../../src/azure/audit-index.ts";
import { openLedger } from "../../../src/azure/ledger.ts";
import { aServiceRef, service } from "../../builders.ts";
import { linked } from "../../workflow/linked.ts";
import { review, stage } from "../../workflow/stage.ts";
import type { LocalStack } from "../local-stack.ts";
import { run } from "../terminal.ts";

/** links show on a store as the app writes it. */
export function linksSuite({ local, storage }: LocalStack): void {
  describe("links show", () => {
    it("finds the request in the index and reads it from the ledger", async () => {
      const ref = aServiceRef("pls-links");
      const ports = stage([service({ ref, connections: [linked("90210", "pe-l", undefined, ref)] })]);
      const { ledger, index } = storage();
      await review({ ...ports, ...openLedger(ledger, ports.clock), index: new AuditIndex(index) }, "pls-links");
      const { code, out } = await run(["links", "show", "90210", ...local()]);
      assert.equal(code, 0);
      assert.match(out, /^consumer {6}Contoso, tier gold\n/);
      assert.match(out, /\nnow {11}It is let in; no end of it is on record\. Since /);
    });

    it("finds nobody under another number", async () => {
      const { code, err } = await run(["links", "show", "90211", ...local()]);
      assert.equal(code, 1);
      assert.match(err, /no request in the local stack carries LinkID 90211/);
    });
  });
}
