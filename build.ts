import { rm } from "node:fs/promises";
import { join } from "node:path";
import { buildApp } from "./build-app.ts";

/** Makes `dist/`. With host.json and package.json beside it, that is what is deployed and what the local stack runs. */
const dist = join(import.meta.dirname, "dist");

await rm(dist, { recursive: true, force: true });
const { files, kilobytes, atStart } = await buildApp(dist);
process.stdout.write(
  `dist: ${files} files, ${kilobytes} KB, of which ${atStart} KB are loaded to register the functions\n`,
);
