import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { appendFile, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { eventsProgress } from "../../src/cli/progress.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Index } from "../../src/workflow/ports.ts";
import { aServiceRef } from "../builders.ts";
import { FakeIndex } from "../fakes/audit-index.ts";
import { ada, addEvents } from "./many-events.ts";
import { type FakeStore, fakeStore, inAzure, run, runOn, scratch } from "./terminal.ts";

const perPage = 3;

/** A store whose index gives three events a page; `search` comes before each of them. */
async function storeWith(count: number, search: (page: number) => void = () => {}): Promise<FakeStore> {
  const whole = new FakeIndex();
  await addEvents(whole, count);
  let page = 0;
  const searchAudit: Index["searchAudit"] = async (query) => {
    page += 1;
    search(page);
    return whole.searchAudit({ ...query, top: Math.min(query.top, perPage) });
  };
  return fakeStore({ index: { searchAudit } });
}

const dyingAt = (last: number) => (page: number) => {
  if (page === last) throw new PlgateError("storage is away", { retryable: true });
};

describe("audit search", () => {
  const search = async (...args: readonly string[]) => runOn(await storeWith(8), "audit", "search", ...args);

  it("shows events newest first in a table, and how to go on", async () => {
    const { code, out, err } = await search("--top", "3");
    assert.deepEqual([code, err], [0, ""]);
    const lines = out.trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^TIME {2,}KIND {2,}WHO {2,}DOOR {2,}WHAT {2,}WHY {2,}SERVICE {2,}SEQ {2,}REQUEST$/);
    assert.match(lines[1] ?? "", /^2026-11-24T12:00:00\.000Z {2}requested {2}plgate .* pls-a {2,}8 /);
    assert.match(lines[2] ?? "", /voted {6}Ada {5}event .*=HYPERLINK\("x"\) #end,1 {2}pls-a {2,}7 /);
    assert.match(lines[4] ?? "", /^there is more; the same with --after \S+$/);
    assert.equal(lines.length, 5);
  });

  it("goes on where it said", async () => {
    const store = await storeWith(8);
    const seen: unknown[] = [];
    let more: readonly string[] = [];
    do {
      const { out } = await runOn(store, ...["audit", "search", "--kind", "requested", "--json"], ...more);
      const { value, next, place } = JSON.parse(out);
      assert.equal(place, "the fake store");
      seen.push(...value.map(({ seq }: { readonly seq: number }) => seq));
      more = next === null ? [] : ["--after", next];
    } while (more.length > 0);
    assert.deepEqual(seen, [8, 6, 5, 3, 2]);
  });

  it("names the moment that a relative time was", async () => {
    const { out } = await search("--since", "9999w");
    assert.match(out, /the same with --from \d{4}-\S+Z \(in place of --since 9999w\) --after \S+\n$/);
  });

  it("says when there is nothing", async () => {
    assert.deepEqual(await search("--kind", "failed"), {
      code: 0,
      out: "no such event is in the fake store\n",
      err: "",
    });
  });

  const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
    "a kind that there is not": [["--kind", "x"], /--kind is one of requested/],
    "an empty range": [["--from", "2026-11-24", "--to", "2026-11-24"], /--from is not before `to`/],
    "a filter given twice": [["--kind", "voted", "--kind", "decided"], /--kind takes one value, not also decided/],
    "two beginnings": [["--since", "7d", "--from", "2026-11-24"], /--since .* does not go with --from/],
    "a moving question with a continuation": [
      ["--since", "7d", "--after", "x"],
      /does not go with --after; say --from/,
    ],
    "a length that is none": [["--since", "soon"], /--since takes 90m, 36h, 7d or 2w; "soon" is none/],
    "a page that is too long": [["--top", "1001"], /--top is at most 1000/],
    "a request of another service": [
      ["--request", "aaaaaaaaaaaaaaaa-aaaaaaaaaa-1", "--service", aServiceRef().id],
      /--request is a request at another service/,
    ],
    "a continuation that nobody gave": [["--after", "x"], /not a continuation that plgate gave/],
    "an argument": [["everything"], /takes no argument/],
  };
  for (const [what, [args, problem]] of Object.entries(refused)) {
    it(`refuses ${what} as wrong usage`, async () => {
      const { code, out, err } = await search(...args);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, problem);
    });
  }
});

describe("audit export", () => {
  const folder = scratch();
  const file = () => folder.path(`audit-${Math.random().toString(36).slice(2)}.ndjson`);
  const exportTo = (store: FakeStore, name: string, ...more: readonly string[]) =>
    runOn(store, "audit", "export", name, ...more);
  const whole = async (count: number, ...more: readonly string[]) => {
    const name = file();
    assert.equal((await exportTo(await storeWith(count), name, ...more)).code, 0);
    return readFile(name, "utf8");
  };

  it("writes every event and a last line that says so, and leaves nothing else behind", async () => {
    const name = file();
    const { code, out, err } = await exportTo(await storeWith(10), name);
    assert.deepEqual([code, out, err], [0, `10 events of the fake store are in ${name}\n`, ""]);
    const lines = (await readFile(name, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(lines.pop(), { end: true, events: 10 });
    assert.deepEqual(
      lines.map(({ seq }) => seq),
      [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    );
    const others = (await readdir(folder.path("."))).filter((one) => one.includes(".part"));
    assert.deepEqual(others, []);
  });

  it("writes CSV by the file's name or when told so, and reports to machines", async () => {
    const name = folder.path("events.csv");
    const { out } = await exportTo(await storeWith(4), name, "--json", "--kind", "voted");
    assert.deepEqual(JSON.parse(out), { file: name, events: 2, resumed: 0, since: null, place: "the fake store" });
    const text = await readFile(name, "utf8");
    assert.match(
      text,
      /^\ufefftime,kind,[^\n]*\r\n[^\n]*voted[^\n]*"'=HYPERLINK\(""x""\)␍␊#end,1"[^\n]*\r\n[^\n]*\r\n#end,2,+\r\n$/,
    );
    const told = folder.path("events.txt");
    await exportTo(await storeWith(4), told, "--format", "csv", "--kind", "voted");
    assert.equal(await readFile(told, "utf8"), text);
  });

  it("writes nothing but the closing when nothing was found", async () => {
    assert.equal(await whole(3, "--kind", "failed"), '{"end":true,"events":0}\n');
  });

  it("writes to standard output, and stops when nobody reads", async () => {
    const store = await storeWith(7);
    const { code, out } = await exportTo(store, "-");
    assert.equal(code, 0);
    assert.equal(out, await whole(7));
    let taken = 0;
    const said = await run(["audit", "export", "-", "--format", "csv"], {
      environment: inAzure,
      withStore: (_place, act) => act(store),
      pipe: async () => {
        taken += 1;
        return taken < 2;
      },
    });
    assert.deepEqual([said.code, said.err, taken], [0, "", 2]);
  });

  it("hides people under a key, the same in every export", async () => {
    const key = await folder.file("key", "0123456789abcdef0123456789abcdef\n");
    const hidden = await whole(4, "--pseudonyms", key);
    assert.doesNotMatch(hidden, new RegExp(`${ada.objectId}|Ada|HYPERLINK`));
    assert.match(hidden, /"who":"person-[0-9a-f]{32}"/);
    await writeFile(key, "0123456789abcdef0123456789abcdef");
    assert.equal(await whole(4, "--pseudonyms", key), hidden);
  });

  // Each state that a killed export can leave: pages that the journal counts, and what was written after them.
  for (const format of ["ndjson", "csv"]) {
    for (const pages of [1, 2]) {
      it(`goes on with ${format} after death behind page ${pages} without losing or doubling a line`, async () => {
        const expected = await whole(8, "--format", format);
        for (const beyond of piecesOf(expected, pages * perPage + (format === "csv" ? 1 : 0))) {
          const name = file();
          const died = await exportTo(await storeWith(8, dyingAt(pages + 1)), name, "--format", format);
          const events = pages * perPage;
          assert.equal(died.code, 1);
          assert.match(died.err, new RegExp(`storage is away\\n {2}${events} events are kept; --resume goes on`));
          assert.equal(existsSync(name), false);
          await appendFile(`${name}.part`, beyond);
          const { code, out } = await exportTo(await storeWith(8), name, "--format", format, "--resume");
          assert.equal(code, 0);
          assert.match(out, new RegExp(`^8 events .*; ${events} of them were there before\n`));
          assert.equal(await readFile(name, "utf8"), expected, beyond);
          assert.equal(existsSync(`${name}.part.json`), false);
        }
      });
    }
  }

  it("goes on after death around the end: before the closing, before its name, and after it", async () => {
    const expected = await whole(3);
    const events = expected.slice(0, expected.lastIndexOf("{"));
    const journal = async (name: string, change: object) => {
      const task = { format: "ndjson", store: "the fake store" };
      const at = { v: 1, task, began: new Date(), after: null, events: 3, bytes: events.length, done: false };
      await writeFile(`${name}.part.json`, JSON.stringify({ ...at, ...change }));
    };
    const resume = async (name: string) => {
      const said = await exportTo(await storeWith(3), name, "--resume");
      assert.deepEqual([said.code, said.err], [0, ""]);
      assert.equal(await readFile(name, "utf8"), expected);
      assert.deepEqual([existsSync(`${name}.part`), existsSync(`${name}.part.json`)], [false, false]);
    };
    for (const rest of ["", expected.slice(events.length)]) {
      const name = file();
      await writeFile(`${name}.part`, events + rest);
      await journal(name, {});
      await resume(name);
    }
    const unnamed = file();
    await writeFile(`${unnamed}.part`, expected);
    await journal(unnamed, { done: true, bytes: expected.length });
    await resume(unnamed);
    const named = file();
    await writeFile(named, expected);
    await journal(named, { done: true, bytes: expected.length });
    await resume(named);
    // A journal that is older than its file, before the first page counted.
    const first = file();
    await writeFile(`${first}.part`, events.slice(0, 100));
    await journal(first, { after: null, events: 0, bytes: 0 });
    await resume(first);
    const none = file();
    await journal(none, { after: null, events: 0, bytes: 0 });
    await resume(none);
    await resume(file());
  });

  const broken = async (...more: readonly string[]) => {
    const name = file();
    await exportTo(await storeWith(8, dyingAt(2)), name, ...more);
    return name;
  };
  const refusedAt = async (name: string, args: readonly string[], problem: RegExp, code = 2) => {
    const before = await Promise.all([`${name}.part`, `${name}.part.json`].map((one) => readFile(one, "utf8")));
    const said = await exportTo(await storeWith(8), name, ...args);
    assert.deepEqual([said.code, said.out], [code, ""]);
    assert.match(said.err, problem);
    const after = await Promise.all([`${name}.part`, `${name}.part.json`].map((one) => readFile(one, "utf8")));
    assert.deepEqual(after, before);
  };

  it("does not go on with other filters, another form, another key or in another store", async () => {
    const key = await folder.file("key-1", "0123456789abcdef0123456789abcdef");
    const other = await folder.file("key-2", "0123456789abcdef0123456789abcdeF");
    const name = await broken("--to", "2026-11-25", "--pseudonyms", key);
    const same = ["--to", "2026-11-25", "--pseudonyms", key, "--resume"];
    await refusedAt(name, [...same, "--kind", "voted"], /another one: it was begun with --kind left out; --overwrite/);
    await refusedAt(name, [...same.slice(2), "--to", "2026-11-26"], /begun with --to 2026-11-25;/);
    await refusedAt(name, [...same, "--format", "csv"], /begun with --format ndjson;/);
    await refusedAt(name, same.with(3, other), /begun with --pseudonyms of another key;/);
    await refusedAt(name, ["--to", "2026-11-25", "--resume"], /begun with --pseudonyms of another key;/);
    const elsewhere = { ...(await storeWith(8)), place: "another store" };
    assert.match((await exportTo(elsewhere, name, ...same)).err, /begun with --store the fake store;/);
    assert.equal((await exportTo(await storeWith(8), name, ...same)).code, 0);
  });

  it("keeps the beginning of a relative time when it goes on", async () => {
    const name = file();
    const expected = await whole(8, "--from", "2026-11-24T11:53:30Z");
    await exportTo(await storeWith(8, dyingAt(2)), name, "--since", "9999w");
    const journal = JSON.parse(await readFile(`${name}.part.json`, "utf8"));
    // As if the export had begun when the last seven events were within 9999 weeks, and with their continuation.
    const began = new Date(Date.parse("2026-11-24T11:53:30Z") + 9999 * 7 * 86_400_000);
    const query = { from: new Date("2026-11-24T11:53:30Z"), top: perPage };
    const index = new FakeIndex();
    await addEvents(index, 8);
    const { next } = await index.searchAudit(query);
    await writeFile(`${name}.part.json`, JSON.stringify({ ...journal, began, after: next }));
    assert.equal((await exportTo(await storeWith(8), name, "--since", "9999w", "--resume")).code, 0);
    assert.equal(await readFile(name, "utf8"), expected);
  });

  it("does not begin over an unfinished or a finished file unless it may", async () => {
    const name = await broken();
    await refusedAt(name, [], /\.part is an unfinished export; --resume goes on with it, --overwrite begins anew/);
    assert.equal((await exportTo(await storeWith(2), name, "--overwrite")).code, 0);
    const again = await exportTo(await storeWith(8), name);
    assert.deepEqual([again.code, /exists; say --overwrite to replace it/.test(again.err)], [2, true]);
    assert.equal((await exportTo(await storeWith(8), name, "--resume")).code, 2);
    assert.equal((await exportTo(await storeWith(8), name, "--overwrite")).code, 0);
    assert.equal(await readFile(name, "utf8"), await whole(8));
  });

  it("does not go on where its files do not fit together", async () => {
    const short = await broken();
    await truncate(`${short}.part`, 10);
    await refusedAt(short, ["--resume"], /is shorter than its journal says; --overwrite begins anew/);
    for (const text of ["{", "null", "[]", '{"v":2}', '{"v":1,"task":{},"began":"x"}']) {
      const odd = await broken();
      await writeFile(`${odd}.part.json`, text);
      await refusedAt(odd, ["--resume"], /is not the journal of an export; --overwrite begins anew/);
    }
    const gone = await broken();
    await rm(`${gone}.part`);
    const said = await exportTo(await storeWith(8), gone, "--resume");
    assert.deepEqual([said.code, /cannot be (read|written)|is shorter/.test(said.err)], [2, true], said.err);
  });

  it("notices that somebody else writes to the same file", async () => {
    const name = file();
    let page = 0;
    const store = await storeWith(8, () => {
      page += 1;
    });
    const { searchAudit } = store.index;
    const beside: FakeStore = {
      ...store,
      index: {
        searchAudit: async (query) => {
          if (page === 1) await appendFile(`${name}.part`, "x");
          return searchAudit(query);
        },
      },
    };
    const { code, err } = await exportTo(beside, name);
    assert.equal(code, 1);
    assert.match(err, /somebody else writes to .*\.part, too/);
  });

  const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
    "no file": ["", /FILE is missing/],
    "a name that says nothing": ["events.txt", /is neither \.ndjson nor \.csv; say --format/],
    "a form that there is not": ["events.csv --format xlsx", /--format is ndjson or csv, not "xlsx"/],
    "to resume a pipe": ["- --resume", /--resume, --overwrite and --json are for a FILE/],
    "a key that is not there": ["e.csv --pseudonyms none.key", /none\.key cannot be read: there is no such file/],
    "a filter that is wrong": ["e.csv --link 0x1F", /--link is a LinkID/],
    "a size of pages": ["e.csv --top 5", /there is no option --top/],
  };
  for (const [what, [line, problem]] of Object.entries(refused)) {
    it(`refuses ${what} before anything is written`, async () => {
      const { code, out, err } = await runOn(await storeWith(1), ...`audit export ${line}`.trim().split(" "));
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, problem);
    });
  }

  it("refuses a short key", async () => {
    const key = await folder.file("short", `${"x".repeat(31)}\r\n`);
    const { code, err } = await exportTo(await storeWith(1), file(), "--pseudonyms", key);
    assert.equal(code, 2);
    assert.match(err, /is shorter than 32 bytes; "openssl rand -hex 32" makes one/);
  });

  it("leaves nothing behind when the store cannot be reached at all", async () => {
    const name = file();
    const { code, err } = await exportTo(await storeWith(8, dyingAt(1)), name);
    assert.deepEqual([code, err], [1, "plgate audit export: storage is away\n"]);
    assert.equal((await exportTo(await storeWith(8), name)).code, 0);
  });
});

/** What may stand behind so many lines of a file when its writer dies: up to each end of a line, and to the middle of it. */
function piecesOf(text: string, lines: number): readonly string[] {
  const rest = text.split(/(?<=\n)/).slice(lines);
  return rest.flatMap((line, n) => {
    const before = rest.slice(0, n).join("");
    return [before, before + line.slice(0, line.length / 2), before + line];
  });
}

describe("the progress of an export", () => {
  it("says how far back it is, with a bar when it is known how far that has to be", () => {
    let now = 0;
    const lines: string[] = [];
    const draw = (from?: Date) =>
      eventsProgress(
        "e.csv",
        from ? { from } : {},
        (text) => lines.push(text),
        () => now,
      );
    const page = (...times: readonly string[]) => ({ entries: times.map((time) => ({ time })) });
    const show = draw(new Date("2026-11-24T00:00:00Z"));
    now = 1000;
    show(page("2026-11-24T08:00:00Z", "2026-11-24T06:00:00Z"));
    now = 1050;
    show(page("2026-11-24T05:00:00Z"));
    now = 2000;
    show(page());
    show(page("2026-11-24T04:00:00Z"));
    draw()(page("2026-11-24T04:00:00Z"));
    assert.deepEqual(lines, [
      "e.csv [#####---------------] 25%  2 events back to 2026-11-24T06:00:00Z, 2/s",
      "e.csv [##########----------] 50%  4 events back to 2026-11-24T04:00:00Z, 2/s",
      "e.csv  1 events back to 2026-11-24T04:00:00Z, 1000/s",
    ]);
  });
});
