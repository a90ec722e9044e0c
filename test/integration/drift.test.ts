import { after } from "node:test";
import { driftSuite } from "./suites/drift.ts";
import { notificationsSuite } from "./suites/notifications.ts";
import { publishingSuite } from "./suites/publishing.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();
after(() => world.stop());

driftSuite(world);
publishingSuite(world);
notificationsSuite(world);
