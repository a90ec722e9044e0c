import { Server } from "node:net";

/**
 * Preloaded into the Playground, which listens on every interface and has no option for it: whoever is on the same network could
 * click in the developer's name. A port without a host becomes that port on loopback.
 */
const listen = Server.prototype.listen;

Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const [port, ...others] = args;
  const unbound = typeof port === "number" && typeof others[0] !== "string";
  return Reflect.apply(listen, this, unbound ? [port, "127.0.0.1", ...others] : args);
};
