import type { HttpResponseInit } from "@azure/functions";
import { answerReopening } from "../../src/http/reopen-answer.ts";
import type { Hand } from "../../src/workflow/record.ts";
import { reopenRequest } from "../../src/workflow/reopen-request.ts";
import { connection } from "../builders.ts";
import { megan, requestOf, review, stage, tenant } from "../workflow/stage.ts";
import { askedAbout, deadline } from "../workflow/timed.ts";

type Answer = readonly [operation: string, name: string, answer: HttpResponseInit];

/** What the wish to have people asked again is answered with. */
export async function reopenAnswers(): Promise<readonly Answer[]> {
  const ports = await askedAbout({ deadlines: [deadline("PT1H")] });
  ports.clock.advance(3600);
  await review(ports);
  const who = { kind: "person", objectId: megan, tenantId: tenant, name: "Megan Test" } as const;
  const hand: Hand = { who, door: "api", correlation: "c-1", clock: ports.clock };
  const reopen = async (id: string) => answerReopening(await reopenRequest(id, hand, "CHG-1", ports));
  const expired = (await requestOf(ports, connection()))?.id ?? "";
  const approved = stage();
  await review(approved);
  const ended = (await requestOf(approved, connection()))?.id ?? "";
  return [
    ["reopenRequest", "an expired request", await reopen(expired)],
    ["reopenRequest", "the same again", await reopen(expired)],
    [
      ...(["reopenRequest", "an approved request"] as const),
      answerReopening(await reopenRequest(ended, hand, "CHG-1", approved)),
    ],
    ["reopenRequest", "no request", await reopen("nothing")],
  ];
}
