import { after, before } from "node:test";
import { channelOf } from "./channel.ts";
import { busyArmSuite } from "./suites/busy-arm.ts";
import { capacitySuite } from "./suites/capacity.ts";
import { decisionsSuite } from "./suites/decisions.ts";
import { oddArmSuite } from "./suites/odd-arm.ts";
import { revokingSuite } from "./suites/revoking.ts";
import { stallArm } from "./suites/stalled-arm.ts";
import { wakeUpsSuite } from "./suites/wake-ups.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();
const channel = channelOf(world);
before(() => channel.install());
const stalledArmSuite = stallArm(world);
after(() => world.stop());

decisionsSuite(world, channel);
wakeUpsSuite(world);
busyArmSuite(world);
revokingSuite(world);
// Before ARM turns odd, which it does for everybody: the stalls began with the file and have to end in an ordinary world.
stalledArmSuite();
oddArmSuite(world);
// Last, because what is in force is for everybody.
capacitySuite(world);
