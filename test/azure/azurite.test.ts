import { describe } from "node:test";
import { openLedger } from "../../src/azure/ledger.ts";
import { ledgerContract } from "../contracts/ledger.ts";
import { FakeClock } from "../fakes/clock.ts";
import { azuriteWorld } from "./storage-world.ts";

describe("storage on Azurite", () => {
  const world = azuriteWorld();

  ledgerContract("Table Storage", async () => {
    const { again } = await world.storage("ledger");
    const clock = new FakeClock();
    return { host: () => openLedger(again().ledger, clock).ledger };
  });
});
