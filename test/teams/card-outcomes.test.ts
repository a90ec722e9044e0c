import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { factTable } from "../../src/policy/fact-table.ts";
import { approvalCard } from "../../src/teams/approval-card.ts";
import { cardWords } from "../../src/words/card.ts";
import { factInWords } from "../../src/words/facts.ts";
import { languages } from "../../src/words/language.ts";
import { viewOf } from "../../src/workflow/view-of.ts";
import { anEndpoint, connection, service } from "../builders.ts";
import { requestOf, review, stage } from "../workflow/stage.ts";

type Stage = ReturnType<typeof stage>;

/** The connection of a consumer whom no rule knows, asked about and then changed in Azure. */
async function afterwards(change: (ports: Stage) => void) {
  const asked = connection({ endpoint: anEndpoint("pe-x", "77777777-0000-4000-8000-000000000007") });
  const ports = stage([service({ connections: [asked] })]);
  await review(ports);
  change(ports);
  const before = await requestOf(ports, asked);
  await review(ports);
  const ended = before && (await ports.ledger.request(before.id));
  assert.ok(ended);
  return { ports, request: ended.request };
}

// The ledger keeps the end in an English sentence, which the card reads: these tests fail when one of them is reworded.
describe("A card says in every language how its request ended, when", () => {
  const changes: Readonly<Record<string, { readonly change: (ports: Stage) => void; readonly words: string }>> = {
    "the connection is gone": {
      change: (ports) => ports.connections.put(service({ connections: [] })),
      words: cardWords.ja.withdrawn["connection-gone"],
    },
    "the service is gone": {
      change: (ports) => ports.connections.delete(service().ref),
      words: cardWords.ja.withdrawn["service-gone"],
    },
    "another endpoint took its place": {
      change: (ports) =>
        ports.connections.put(service({ connections: [connection({ endpoint: anEndpoint("pe-y") })] })),
      words: cardWords.ja.withdrawn.replaced,
    },
    ...Object.fromEntries(
      (["Approved", "Rejected", "Disconnected"] as const).map((status) => [
        `somebody made it ${status} in Azure`,
        {
          change: (ports: Stage) =>
            ports.connections.put(
              service({
                connections: [
                  connection({ endpoint: anEndpoint("pe-x", "77777777-0000-4000-8000-000000000007"), status }),
                ],
              }),
            ),
          words: cardWords.ja.elsewhere[status.toLowerCase() as "approved" | "rejected" | "disconnected"],
        },
      ]),
    ),
  };
  for (const [name, { change, words }] of Object.entries(changes)) {
    it(name, async () => {
      const { ports, request } = await afterwards(change);
      const view = await viewOf(request, { ...ports, settings: { ...ports.settings, language: "ja" } });
      const [head] = approvalCard(view).body;
      assert.ok(JSON.stringify(head).includes(words), `${request.outcome}: ${JSON.stringify(head)}`);
    });
  }
});

describe("A card says in every language why policy did not decide", () => {
  const text = async (change: (ports: Stage) => void) => {
    const asked = connection({ endpoint: anEndpoint("pe-x", "77777777-0000-4000-8000-000000000007") });
    const ports = stage([service({ connections: [asked] })]);
    change(ports);
    await review(ports);
    const request = await requestOf(ports, asked);
    assert.ok(request);
    const settings = { ...ports.settings, language: "ja" } as const;
    return JSON.stringify(approvalCard(await viewOf(request, { ...ports, settings })));
  };

  it("because no rule approves", async () => {
    assert.match(await text(() => {}), new RegExp(cardWords.ja.noRule));
  });

  it("because no policy is there", async () => {
    assert.match(await text((ports) => ports.policies.set([])), new RegExp(cardWords.ja.noPolicyInForce));
  });
});

describe("The facts of policy", () => {
  for (const { name } of factTable) {
    it(`have words for people in every language: ${name}`, () => {
      const fact = name.replace("*", "env");
      for (const language of languages) {
        const words = factInWords(fact, language);
        assert.notEqual(words, fact);
        assert.equal(words.includes("env"), name.endsWith("*"));
      }
    });
  }

  it("are left as they are when nobody knows them", () => {
    for (const name of ["no.such", "service.tags.", "constructor"]) assert.equal(factInWords(name, "en"), name);
  });
});
