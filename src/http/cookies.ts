import type { Cookie as HostCookie } from "@azure/functions";

/** The cookies of a request by name. A name that comes twice counts as it came first, as browsers order them. */
export function readCookies(header: string | null): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    const name = part.slice(0, at).trim();
    if (at > 0 && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim());
  }
  return cookies;
}

export type Cookie = {
  readonly name: `__Host-${string}`;
  /** Letters, digits and `-_.~` only, so that nobody has to encode it; an empty one takes the cookie away. */
  readonly value: string;
  readonly maxAgeSeconds: number;
  /** `None` only for what has to come with a form of another site; everything else is `Lax`. */
  readonly sameSite: "Lax" | "None";
};

/**
 * A cookie for the host to set. The prefix `__Host-` makes browsers take it from https alone, for this host alone and for
 * all of its paths, so that no neighbour can plant one (RFC 6265bis, 4.1.3.2). Several headers Set-Cookie would not do:
 * where answers are streamed the library keeps only the last of them.
 */
export function hostCookie({ name, value, maxAgeSeconds, sameSite }: Cookie): HostCookie {
  return { name, value, path: "/", maxAge: maxAgeSeconds, secure: true, httpOnly: true, sameSite };
}
