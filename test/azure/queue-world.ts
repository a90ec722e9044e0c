import { WatchTable } from "../../src/azure/watch-table.ts";
import { FakeClock } from "../fakes/clock.ts";
import type { StorageWorld } from "./storage-world.ts";

/** The stored Watch with a look into its queue. */
export async function openWatch(world: StorageWorld) {
  const { storage, again } = await world.storage("services", "reviews");
  const clock = new FakeClock();
  return {
    clock,
    storage,
    host: () => {
      const { services, reviews } = again();
      return new WatchTable(services, reviews, clock);
    },
    waiting: async () => (await storage.reviews.getProperties()).approximateMessagesCount ?? 0,
    take: async () => {
      const [message] = (await storage.reviews.receiveMessages()).receivedMessageItems;
      if (!message) return undefined;
      await storage.reviews.deleteMessage(message.messageId, message.popReceipt);
      return JSON.parse(Buffer.from(message.messageText, "base64").toString("utf8"));
    },
  };
}
