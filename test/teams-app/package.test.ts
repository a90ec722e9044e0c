import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { packageFaults } from "../../teams-app/check-package.ts";
import { manifestOf } from "../../teams-app/manifest.ts";
import { filesOf, packTeamsApp } from "../../teams-app/pack.ts";
import { encodePng } from "../../teams-app/png.ts";
import { aWish } from "./a-wish.ts";

const bot = "11111111-1111-4111-8111-111111111111";

describe("the package", () => {
  it("is taken by Microsoft's schemas and by our own checks, also where every text is as long as it may be", () => {
    assert.deepEqual(packageFaults(filesOf(aWish())), []);
    const longest = aWish({ name: "n".repeat(30), developer: "d".repeat(32), publicUrl: null });
    assert.deepEqual(packageFaults(filesOf(longest)), []);
  });

  it("asks for a bot in teams and nothing more", () => {
    const { bots, ...manifest } = manifestOf(aWish());
    assert.deepEqual(bots, [
      {
        ...{ botId: bot, scopes: ["team"], isNotificationOnly: false },
        ...{ supportsFiles: false, supportsCalling: false, supportsVideo: false },
      },
    ]);
    for (const name of ["permissions", "authorization", "webApplicationInfo"]) assert.ok(!(name in manifest), name);
  });

  it("names a domain only when there is a page to lead to", () => {
    assert.deepEqual(manifestOf(aWish()).validDomains, ["plgate.contoso.example"]);
    assert.ok(!("validDomains" in manifestOf(aWish({ publicUrl: null }))));
  });

  it("says the same in Japanese, under the same name", () => {
    const ja = JSON.parse(String(filesOf(aWish({ name: "Gate" })).find(({ name }) => name === "ja.json")?.bytes));
    assert.equal(ja["name.short"], "Gate");
    assert.match(ja["description.full"], /承認/);
  });

  const file = (name: string, bytes: Uint8Array | string) => ({ name, bytes: Buffer.from(bytes) });
  const picture = (size: number, pixel: readonly number[]) =>
    encodePng({
      width: size,
      height: size,
      pixels: new Uint8Array(size * size * 4).map((_, at) => pixel[at % 4] ?? 0),
    });
  const changed = (change: object) => file("manifest.json", JSON.stringify({ ...manifestOf(aWish()), ...change }));
  const faults: Readonly<Record<string, readonly [ReturnType<typeof file>, RegExp]>> = {
    "a bot that is no GUID": [changed({ bots: [{ botId: "x", scopes: ["team"] }] }), /manifest.json: \/bots\/0\/botId/],
    "a name that is too long": [
      changed({ name: { short: "n".repeat(31) } }),
      /\/name\/short must NOT have more than 30/,
    ],
    "a member that Teams does not know": [changed({ colour: "red" }), /must NOT have additional properties \(colour\)/],
    "a developer without https": [
      changed({ developer: { ...manifestOf(aWish()).developer, websiteUrl: "http://x.example" } }),
      /developer.websiteUrl has to begin with https/,
    ],
    "a bot for chats": [changed({ bots: [{ botId: bot, scopes: ["team", "groupChat"] }] }), /scope team alone/],
    "a permission": [changed({ permissions: ["identity"] }), /permissions is more than plgate needs/],
    "an icon that is not there": [changed({ icons: { color: "x.png", outline: "outline.png" } }), /x.png is named/],
    "a file that nothing names": [file("notes.txt", "x"), /notes.txt is there and nothing names it/],
    "a text in Japanese that is too long": [
      file("ja.json", JSON.stringify({ "name.short": "名".repeat(31) })),
      /ja.json: \/name.short must NOT have more than 30/,
    ],
    "a colour icon of another size": [file("color.png", picture(96, [1, 2, 3, 255])), /color.png is 96 x 96 pixels/],
    "a colour icon with a hole": [file("color.png", picture(192, [1, 2, 3, 0])), /color.png has a hole/],
    "an outline in colour": [file("outline.png", picture(32, [9, 9, 9, 255])), /outline.png has another colour/],
    "an outline without ground": [
      file("outline.png", picture(32, [255, 255, 255, 255])),
      /outline.png is not white on/,
    ],
    "an outline that shows nothing": [
      file("outline.png", picture(32, [255, 255, 255, 0])),
      /outline.png is not white on/,
    ],
    "a picture that is none": [file("outline.png", "GIF89a"), /outline.png is no PNG/],
  };
  for (const [what, [wrong, fault]] of Object.entries(faults)) {
    it(`is refused with ${what}`, () => {
      const files = [...filesOf(aWish()).filter(({ name }) => name !== wrong.name), wrong];
      assert.match(packageFaults(files).join("\n"), fault);
    });
  }
});

describe("npm run teams:package", () => {
  const written: (readonly [file: string, bytes: Uint8Array])[] = [];
  const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    written.length = 0;
    return packTeamsApp(args, environment, (file, bytes) => void written.push([file, bytes]));
  };
  const text = () => Buffer.from(written[0]?.[1] ?? []).toString("latin1");

  it("writes a package for the bot and address of the options, and says what is in it", () => {
    const { exitCode, out, err } = run(["--bot-id", bot, "--public-url", "https://a.example/", "--out", "x.zip"]);
    assert.deepEqual([exitCode, err, written.length, written[0]?.[0]], [0, "", 1, "x.zip"]);
    assert.match(out, /^x.zip is written: app plgate 1.0.0\n {2}bot {3}11111111-1111/);
    assert.match(text(), /"validDomains": \[\s+"a.example"/);
  });

  it("takes the same from the environment, as azd has it", () => {
    const given = {
      PLGATE_BOT_APP_ID: bot.toUpperCase(),
      PLGATE_PUBLIC_URL: "",
      AZURE_FUNCTION_APP_URL: "https://f.example",
    };
    assert.equal(run([], given).exitCode, 0);
    assert.match(text(), /"https:\/\/f.example"/);
    assert.match(text(), new RegExp(`"id": "${bot}"`));
  });

  it("gives the same bytes for the same wish", () => {
    run(["--bot-id", bot]);
    const [first] = written;
    run(["--bot-id", bot]);
    assert.deepEqual(written[0], first);
  });

  it("warns where no address is known, because administrators are led nowhere", () => {
    assert.match(run(["--bot-id", bot]).out, /no address of plgate was given[\s\S]*example.com\/plgate; say --website/);
  });

  it("explains itself", () => {
    const { exitCode, out } = run(["--help"]);
    assert.equal(exitCode, 0);
    assert.match(out, /^ {2}npm run teams:package -- --bot-id GUID/m);
  });

  const misuses: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
    "without a bot": [[], /--bot-id is missing \(or PLGATE_BOT_APP_ID\)/],
    "with a bot that is no GUID": [["--bot-id", "plgate"], /--bot-id takes a GUID, not "plgate"/],
    "with an app that is no GUID": [["--bot-id", bot, "--app-id", "x"], /--app-id takes a GUID/],
    "with an address that is not safe": [["--bot-id", bot, "--public-url", "http://a.example"], /begins with https/],
    "with an address that is none": [["--bot-id", bot, "--public-url", "plgate"], /begins with https/],
    "with a website that is not safe": [["--bot-id", bot, "--website", "ftp://a.example"], /--website takes/],
    "with a name that is too long": [["--bot-id", bot, "--name", "n".repeat(31)], /--name has 1 to 30 characters/],
    "with a developer that is blank": [["--bot-id", bot, "--developer", " "], /--developer has 1 to 32/],
    "with a version that is none": [["--bot-id", bot, "--app-version", "2"], /--app-version takes X.Y.Z/],
    "with an option that it does not know": [["--colour", "red"], /Unknown option '--colour'/],
  };
  for (const [what, [args, fault]] of Object.entries(misuses)) {
    it(`refuses a call ${what}, writes nothing, and says where help is`, () => {
      const { exitCode, out, err } = run(args);
      assert.deepEqual([exitCode, out, written], [2, "", []]);
      assert.match(err, fault);
      assert.match(err, /npm run teams:package -- --help/);
    });
  }
});
