import { type Cookie, readCookies } from "./cookies.ts";

/*
 * The session is the ID token itself, in a cookie that no script reads: signed by Entra, checked on every request, and
 * worthless after its hour. Nothing is stored, so every host knows every session.
 */

// A browser keeps 4096 bytes of a cookie with its name and attributes; a token that names many groups is longer.
const pieceLength = 3_800;
const names = ["__Host-plgate", "__Host-plgate-1", "__Host-plgate-2"] as const;

/** The token that the cookies of a request hold, checked by nobody yet. */
export function sessionIn(cookieHeader: string | null): string | undefined {
  const cookies = readCookies(cookieHeader);
  const pieces: string[] = [];
  for (const name of names) {
    const piece = cookies.get(name);
    if (!piece) break;
    pieces.push(piece);
  }
  return pieces.length > 0 ? pieces.join("") : undefined;
}

/** The cookies that keep a session; undefined when it is too long for them. What an earlier one left is taken away. */
export function sessionCookies(token: string, maxAgeSeconds: number): readonly Cookie[] | undefined {
  if (token.length > pieceLength * names.length) return undefined;
  return names.map((name, at): Cookie => {
    const value = token.slice(at * pieceLength, (at + 1) * pieceLength);
    return { name, value, maxAgeSeconds: value === "" ? 0 : maxAgeSeconds, sameSite: "Lax" };
  });
}

/** The cookies that end a session in this browser. */
export function noSession(): readonly Cookie[] {
  return names.map((name): Cookie => ({ name, value: "", maxAgeSeconds: 0, sameSite: "Lax" }));
}
