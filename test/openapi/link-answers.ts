import type { HttpResponseInit } from "@azure/functions";
import { answerLink } from "../../src/http/link-answer.ts";
import { problem } from "../../src/http/respond.ts";
import { readLinkIdentifier } from "../../src/intake/link-identifier.ts";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { showLink } from "../../src/workflow/show-link.ts";
import { event, request } from "../builders.ts";
import { twoUnderOneNumber } from "../workflow/linked.ts";

type Answer = readonly [operation: string, name: string, answer: HttpResponseInit];

/** What the question for a LinkID is answered with. */
export async function linkAnswers(): Promise<readonly Answer[]> {
  const ports = await twoUnderOneNumber();
  const known = answerLink(await showLink("4711", ports));
  const unknown = answerLink(await showLink("7", ports));
  const claims = ["7", "4711"].map((linkIdentifier) => event({ linkIdentifier, requestId: null }));
  await ports.index.addEvents(request().service, link(emptyHead, claims).events);
  const read = readLinkIdentifier("4294967296");
  if (read.ok) throw new Error("this should have been refused");
  return [
    ["showLink", "two consumers", known],
    ["showLink", "nobody", unknown],
    ["showLink", "nobody, and an index that claims otherwise", answerLink(await showLink("7", ports))],
    ["showLink", "somebody, and an index that claims more", answerLink(await showLink("4711", ports))],
    ["showLink", "no LinkID", problem(400, read.problem)],
  ];
}
