import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dispatch, dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import type { Notifier, Ports } from "../../src/workflow/ports.ts";
import { showCards } from "../../src/workflow/show-cards.ts";
import { viewOf } from "../../src/workflow/view-of.ts";
import { vote } from "../builders.ts";
import { mortal } from "./mortal-host.ts";
import {
  approved,
  asked,
  type ChannelStage,
  cardsEver,
  change,
  channelStage,
  commit,
  linesIn,
  network,
  recover,
  security,
  shownIn,
} from "./shown.ts";

const waiting = "awaiting-decision";
const oneEach = { [network]: 1, [security]: 1 };

const crashable = ["ledger", "outbox", "index", "cards", "notifier", "watch"] as const;

/** Kills a host at every call of `act`, before and after it, lets others go on, and checks what people see then. */
async function survives(
  act: (ports: Ports) => Promise<unknown>,
  check: (ports: ChannelStage, at: string) => Promise<void>,
  before: (ports: Ports) => Promise<void> = async () => {},
): Promise<void> {
  const kills = { before: 0, after: 0 };
  for (const moment of ["before", "after"] as const) {
    while (await survivesOne(act, check, before, kills[moment] + 1, moment)) kills[moment] += 1;
  }
  assert.ok(kills.before > 10 && kills.after > 10, `${kills.before} and ${kills.after} kills`);
}

async function survivesOne(
  act: (ports: Ports) => Promise<unknown>,
  check: (ports: ChannelStage, at: string) => Promise<void>,
  before: (ports: Ports) => Promise<void>,
  calls: number,
  moment: "before" | "after",
): Promise<boolean> {
  const ports = channelStage();
  await before(ports);
  const host = mortal<Ports>(ports, crashable, calls, moment);
  await act(host.ports).catch((error: unknown) => assert.ok(host.died(), `not our kill: ${error}`));
  if (!host.died()) return false;
  await recover(ports);
  await check(ports, `killed ${moment} call ${calls}`);
  assert.equal((await ports.outbox.waiting()).count, 0);
  return true;
}

/** One card in each place, in the state that the request is in; more than two lines of text nowhere. */
async function isShownRight(ports: ChannelStage, at: string): Promise<void> {
  const state = (await ports.ledger.request(asked.id))?.request.state;
  // Killed before anything was on record there is nothing to show.
  if (!state) return;
  assert.deepEqual(await shownIn(ports), { [network]: state, [security]: state, ops: "told" }, at);
  assert.deepEqual(cardsEver(ports), oneEach, at);
  for (const place of [network, security, "ops"]) assert.ok(linesIn(place, ports) <= 2, at);
  assert.ok(ports.notifier.ended.length <= 2, at);
}

describe("A host killed at any line leaves one correct card in each place", () => {
  it("while it shows a request for the first time", () => survives((ports) => change({}, ports), isShownRight));

  it("while it shows how the request ended", () =>
    survives(
      (ports) => change(approved, ports),
      isShownRight,
      (ports) => change({}, ports),
    ));

  it("while it reminds people, who hear it twice at most", () =>
    survives(
      (ports) => change({}, ports, { remind: "half" }),
      async (ports, at) => {
        await isShownRight(ports, at);
        const isOnRecord = ports.ledger.told.length > 1 && (await ports.ledger.head(asked.service)).seq > 1;
        for (const place of isOnRecord ? [network, security, "ops"] : []) {
          const times = ports.notifier.reminded.filter((one) => one.place.id === place).length;
          assert.ok(times === 1 || times === 2, `${place} ${times} times, ${at}`);
        }
      },
      (ports) => change({}, ports),
    ));
});

async function turns(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Each call to the outside takes its own time, so that hosts overtake each other everywhere. */
function jittery(ports: ChannelStage, random: () => number): Ports {
  const slow = (port: object) =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return async (...given: unknown[]) => {
          await turns(random() * 12);
          const answer: unknown = await member.apply(target, given);
          await turns(random() * 12);
          return answer;
        };
      },
    });
  const { cards, notifier, ledger, outbox, index } = ports;
  const wrapped = { cards, notifier, ledger, outbox, index };
  return { ...ports, ...Object.fromEntries(Object.entries(wrapped).map(([name, port]) => [name, slow(port)])) };
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Four states of one request, each told to three hosts at once before the last one was shown. */
async function threeHosts(seed: number): Promise<ChannelStage> {
  const ports = channelStage();
  const random = randomFrom(seed);
  const hosts = [1, 2, 3].map(() => jittery(ports, random));
  const all: Promise<unknown>[] = [];
  for (const to of [{}, { votes: [vote()] }, { state: "approving" as const }, approved]) {
    const entries = await commit(to, ports);
    all.push(...hosts.map((host) => dispatch(entries, host)));
    await turns(random() * 120);
  }
  await Promise.all(all);
  return ports;
}

describe("Three hosts at once", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    it(`show votes and end in one card for each place, in order ${seed}`, async () => {
      const ports = await threeHosts(seed);
      await recover(ports);
      // Whoever was so late that the request had ended posts nothing any more.
      const seen = Object.values(await shownIn(ports));
      assert.deepEqual(
        seen.filter((what) => what !== "approved" && what !== "told"),
        [],
      );
      assert.deepEqual(
        Object.values(cardsEver(ports)).filter((count) => count !== 1),
        [],
      );
      for (const place of [network, security, "ops"]) assert.ok(linesIn(place, ports) <= 1);
      assert.ok(ports.notifier.ended.length <= 1);
      assert.equal((await ports.outbox.waiting()).count, 0);
    });
  }

  it("leave a slow host's line a line of text, when another host got the right meanwhile", async () => {
    const ports = channelStage();
    const one = { reviewers: [{ group: "g1", name: "network", approvals: 1, channels: [network] }] };
    const entries = await commit(one, ports);
    let go = () => {};
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { notifier: fake } = ports;
    const notifier: Notifier = {
      router: () => fake.router(),
      update: (view, card) => fake.update(view, card),
      remind: (view, standing, step) => fake.remind(view, standing, step),
      tellEnd: (view, standing) => fake.tellEnd(view, standing),
      bulletin: (bulletin, place) => fake.bulletin(bulletin, place),
      announce: async (view, place) => {
        const announced = await fake.announce(view, place);
        await slow;
        return announced;
      },
    };
    const sleeper = dispatch(entries, { ...ports, notifier });
    await new Promise((resolve) => setTimeout(resolve, 5));
    ports.clock.advance(65);
    await dispatchLeftOver(ports);
    assert.deepEqual(await shownIn(ports), { [network]: waiting });
    go();
    await sleeper;
    await recover(ports);
    assert.equal(linesIn(network, ports), 2);
    assert.deepEqual(cardsEver(ports), { [network]: 1 });
  });

  it("let none of them forget an end while another one is posting, and dies of it", async () => {
    const ports = channelStage();
    ports.notifier.mode = "nowhere";
    await change({}, ports);
    ports.notifier.mode = "shown";
    const post = { request: asked.id, place: { kind: "channel", id: network }, what: "card" } as const;
    const claim = await ports.cards.claim(post);
    const stored = await ports.ledger.request(asked.id);
    assert.ok(claim.kind === "post" && stored);
    const view = await viewOf(stored.request, ports);
    const announced = await ports.notifier.announce(view, post.place);
    await change(approved, ports);
    assert.equal((await ports.outbox.waiting()).count, 1);
    assert.ok(announced.kind === "announced");
    assert.equal(await ports.cards.keep(post, claim.token, announced.card), true);
    await recover(ports);
    assert.deepEqual(await shownIn(ports), { [network]: "approved" });
  });

  it("show the newest state, although an older one arrives last", async () => {
    const ports = channelStage();
    await change({}, ports);
    const older = await ports.ledger.request(asked.id);
    assert.ok(older);
    await change(approved, ports);
    // A host that read the request before the end comes to show it only now.
    await showCards(older, 1, ports);
    assert.deepEqual(await shownIn(ports), { [network]: "approved", [security]: "approved", ops: "told" });
  });
});
