import type { HttpResponseInit } from "@azure/functions";
import type { ActivateOutcome, NotInForce, Published, PublishOutcome } from "../workflow/administer-policies.ts";
import type { Unproven } from "../workflow/prove-policy.ts";
import type { Caller } from "./caller.ts";
import { json, problem } from "./respond.ts";

/** The caller as the record names who changed a policy. */
export function personOf({ objectId, tenantId, name }: Caller) {
  return { kind: "person", objectId, tenantId, name } as const;
}

/** What `PUT /policies/{name}` is answered with: 201 for a new version, 200 when nothing changed. */
export function answerPublication(outcome: PublishOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case "published":
      return json(outcome.changed ? 201 : 200, shown(outcome));
    case "not-in-force":
      return conflict(outcome);
    case "refused":
      return refusal(outcome);
    case "another-name":
      return problem(400, `The policy calls itself ${outcome.name}; publish it under that name.`);
  }
}

/** What `POST /policies/{name}/activate` is answered with. */
export function answerActivation(outcome: ActivateOutcome): HttpResponseInit {
  switch (outcome.kind) {
    case "activated":
      return json(200, { name: outcome.name, ...outcome.active, changed: outcome.changed });
    case "not-in-force":
      return conflict(outcome);
    case "refused":
      return problem(400, "The version does not compile with this plgate.", { faults: outcome.faults });
    case "unknown-version":
      return problem(404, "There is no such version.");
  }
}

function shown({ name, version, sha256, changed, inForce, warnings, tests }: Published) {
  const passed = tests?.kind === "ran" ? { passed: tests.results.length, neverTrue: tests.neverTrue } : null;
  return { name, version, sha256, changed, inForce, warnings, tests: passed };
}

function conflict({ name, version, sha256, why, inForce }: NotInForce): HttpResponseInit {
  const sentence =
    why === "full"
      ? `Version ${version} is kept, but as many policies are in force as may be.`
      : `Version ${version} is kept and not in force: somebody else changed the policy meanwhile. Look, then activate it.`;
  return problem(409, sentence, { why, name, version, sha256, inForce });
}

function refusal(refused: Unproven): HttpResponseInit {
  switch (refused.why) {
    case "faults":
      return problem(400, "The policy has errors.", { faults: refused.faults });
    case "unacknowledged":
      return problem(400, "The policy has warnings; acknowledge each by its name, or mend it.", {
        faults: refused.faults,
      });
    case "tests": {
      const { tests } = refused;
      if (tests.kind === "broken") return problem(400, "The test file is broken.", { faults: tests.faults });
      const failed = tests.results.filter(({ differences }) => differences.length > 0);
      const cases = failed.map(({ test: { name, line }, differences }) => ({ name, line, differences }));
      return problem(400, "Tests beside the policy fail.", { failed: cases });
    }
  }
}
