import assert from "node:assert/strict";
import { after } from "node:test";
import { channelOf } from "./channel.ts";
import { apiAnswersSuite } from "./suites/api-answers.ts";
import { apiCallersSuite } from "./suites/api-callers.ts";
import { apiConsumersSuite } from "./suites/api-consumers.ts";
import { apiDecisionsSuite } from "./suites/api-decisions.ts";
import { apiPoliciesSuite } from "./suites/api-policies.ts";
import { apiRunsSuite } from "./suites/api-runs.ts";
import { apiSimulateSuite } from "./suites/api-simulate.ts";
import { apiTeamsTestSuite } from "./suites/api-teams-test.ts";
import { healthSuite } from "./suites/health.ts";
import { linksSuite } from "./suites/links.ts";
import { recordsSuite } from "./suites/records.ts";
import { storageDownSuite } from "./suites/storage-down.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();
after(() => world.stop());
assert.equal(world.app.config.mode, "enforce");
const channel = channelOf(world);

healthSuite(world, channel);
apiAnswersSuite(world);
apiCallersSuite(world);
apiDecisionsSuite(world);
apiConsumersSuite(world);
apiRunsSuite(world);
linksSuite(world);
apiSimulateSuite(world);
apiTeamsTestSuite(world, channel);
recordsSuite(world, channel);
// Leaves a policy of its own in force.
apiPoliciesSuite(world);
// The last one: nothing works after it.
storageDownSuite(world);
