import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { colourIcon, outlineIcon } from "./icons.ts";
import { encodePng } from "./png.ts";

// Writes the icons beside this file. Both are kept in the repository, so that everybody packs the same bytes.
writeFileSync(join(import.meta.dirname, "color.png"), encodePng(colourIcon()));
writeFileSync(join(import.meta.dirname, "outline.png"), encodePng(outlineIcon()));
