import type { HttpResponseInit } from "@azure/functions";
import type { ShownLink } from "../workflow/show-link.ts";
import { json, problem } from "./respond.ts";

/** What the question for a LinkID is answered with. A claim of the index alone is no answer: it is still a 404. */
export function answerLink({ linkIdentifier, holders, notMatching }: ShownLink): HttpResponseInit {
  if (holders.length > 0) return json(200, { linkIdentifier, requests: holders, notMatching });
  const meaning =
    "No request on record carries it: its connection was approved beside plgate, or Azure has not shown its LinkID yet and a later sweep puts it on record.";
  return problem(404, `LinkID ${linkIdentifier} is unknown. ${meaning}`, { notMatching });
}
