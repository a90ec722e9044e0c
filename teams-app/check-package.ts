import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import draft04 from "ajv-draft-04";
import { manifestVersion } from "./manifest.ts";
import { decodePng } from "./png.ts";
import type { ZipEntry } from "./zip.ts";

const { default: Ajv } = draft04;

/**
 * Everything that is wrong with a package, as sentences; none when it can be uploaded.
 *
 * Manifest and texts are held against Microsoft's own schemas, which the package @microsoft/app-manifest carries. What those
 * leave out is checked here: the icons (the documentation asks for their sizes, and for white on nothing), that the files
 * named are there and no others, and that the app asks for no more than it needs.
 */
export function packageFaults(files: readonly ZipEntry[]): readonly string[] {
  const json = (name: string): unknown => {
    const file = files.find((one) => one.name === name);
    return file && JSON.parse(Buffer.from(file.bytes).toString("utf8"));
  };
  const manifest = json("manifest.json");
  return [
    ...schemaFaults("manifest.json", manifest, "MicrosoftTeams.schema.json"),
    ...schemaFaults("ja.json", json("ja.json"), "MicrosoftTeams.Localization.schema.json"),
    ...fileFaults(files, manifest),
    ...iconFaults(files, "color.png", 192, isOpaque),
    ...iconFaults(files, "outline.png", 32, isWhiteOnNothing),
    ...addressFaults(manifest),
    ...needFaults(manifest),
  ];
}

const schemas = createRequire(import.meta.url);

function schemaFaults(file: string, value: unknown, schema: string): readonly string[] {
  const path = schemas.resolve(`@microsoft/app-manifest/build/json-schemas/teams/v${manifestVersion}/${schema}`);
  // Its only format is the address of the schema itself; what matters is checked by patterns, of the form without "u".
  const ajv = new Ajv({ allErrors: true, strict: false, formats: { uri: true }, unicodeRegExp: false });
  const validate = ajv.compile(JSON.parse(readFileSync(path, "utf8")));
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const more = "additionalProperty" in params ? ` (${params["additionalProperty"]})` : "";
    return `${file}: ${instancePath || "as a whole"} ${message}${more}`;
  });
}

function fileFaults(files: readonly ZipEntry[], manifest: unknown): readonly string[] {
  const there = files.map(({ name }) => name).sort();
  const languages = member(member(manifest, "localizationInfo"), "additionalLanguages");
  const named = [
    "manifest.json",
    ...Object.values(member(manifest, "icons") ?? {}),
    ...(Array.isArray(languages) ? languages.map((one: unknown) => member(one, "file")) : []),
  ].map(String);
  return [
    ...named.filter((name) => !there.includes(name)).map((name) => `${name} is named in the manifest and is not there`),
    ...there.filter((name) => !named.includes(name)).map((name) => `${name} is there and nothing names it`),
  ];
}

type Pixel = readonly [red: number, green: number, blue: number, alpha: number];
type Look = (pixels: readonly Pixel[]) => string | undefined;

function iconFaults(files: readonly ZipEntry[], name: string, size: number, look: Look): readonly string[] {
  const file = files.find((one) => one.name === name);
  if (!file) return [];
  const picture = decodePng(file.bytes);
  if (typeof picture === "string") return [`${name} ${picture}`];
  const { width, height, pixels } = picture;
  if (width !== size || height !== size)
    return [`${name} is ${width} x ${height} pixels and has to be ${size} x ${size}`];
  const fault = look(pixelsOf(pixels));
  return fault === undefined ? [] : [`${name} ${fault}`];
}

function pixelsOf(bytes: Uint8Array): readonly Pixel[] {
  return Array.from({ length: bytes.length / 4 }, (_, at) => {
    const [red = 0, green = 0, blue = 0, alpha = 0] = bytes.subarray(at * 4, at * 4 + 4);
    return [red, green, blue, alpha];
  });
}

function isOpaque(pixels: readonly Pixel[]): string | undefined {
  return pixels.every(([, , , alpha]) => alpha === 255) ? undefined : "has a hole: Teams wants a filled square";
}

function isWhiteOnNothing(pixels: readonly Pixel[]): string | undefined {
  const coloured = pixels.some(([red, green, blue, alpha]) => alpha > 0 && red + green + blue < 3 * 255);
  if (coloured) return "has another colour than white";
  const clear = pixels.filter(([, , , alpha]) => alpha === 0).length;
  return clear === 0 || clear === pixels.length ? "is not white on a transparent ground" : undefined;
}

/** The schema takes http as well; an administrator who follows it should not. */
function addressFaults(manifest: unknown): readonly string[] {
  const developer = member(manifest, "developer");
  const addresses = ["websiteUrl", "privacyUrl", "termsOfUseUrl"];
  const fine = (name: string) => String(member(developer, name)).startsWith("https://");
  return addresses.filter((name) => !fine(name)).map((name) => `developer.${name} has to begin with https://`);
}

/** What a card in a channel needs is one bot in teams; everything beyond that is a mistake. */
function needFaults(manifest: unknown): readonly string[] {
  const bots = member(manifest, "bots");
  const scopes = Array.isArray(bots) ? bots.map((bot: unknown) => member(bot, "scopes")) : [];
  const tooMuch = ["permissions", "devicePermissions", "authorization", "webApplicationInfo", "composeExtensions"];
  return [
    ...(JSON.stringify(scopes) === '[["team"]]' ? [] : ["the app has to be one bot with the scope team alone"]),
    ...tooMuch
      .filter((name) => member(manifest, name) !== undefined)
      .map((name) => `${name} is more than plgate needs`),
  ];
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
