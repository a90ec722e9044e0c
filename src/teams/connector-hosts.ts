import { clouds } from "../runtime/clouds.ts";

/** Whether an address is one of the Bot Connector's, so that it may be believed and may see our token. */
export type ConnectorHosts = (address: URL) => boolean;

const loopback = ["localhost", "127.0.0.1", "[::1]"];

/**
 * The allow-list of Bot Connector addresses (teams.md 3, outbound): over https, on the usual port, without credentials.
 *
 * `localOrigin` is the one stand-in that the configuration may name, for example `http://localhost:56150`. It counts on
 * loopback only, and as a whole: no other port of the machine gets the token. `names` are those of the cloud; `*.` before
 * one stands for any names below it.
 */
export function connectorHosts(
  localOrigin?: string,
  names: readonly string[] = clouds.public.botConnector,
): ConnectorHosts {
  const local = localOrigin === undefined ? null : URL.parse(localOrigin);
  return (address) => {
    if (address.username || address.password) return false;
    if (local && loopback.includes(local.hostname) && address.origin === local.origin) return true;
    return address.protocol === "https:" && address.port === "" && names.some((name) => fits(address.hostname, name));
  };
}

function fits(hostname: string, name: string): boolean {
  return name.startsWith("*.") ? hostname.endsWith(name.slice(1)) : hostname === name;
}
