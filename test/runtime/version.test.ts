import assert from "node:assert/strict";
import { it } from "node:test";
import packageJson from "../../package.json" with { type: "json" };
import { version } from "../../src/runtime/version.ts";

it("The version that the app tells is the version of the package", () => assert.equal(version, packageJson.version));
