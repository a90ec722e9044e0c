/** An address of 4 or 16 bytes as text: dotted, or as RFC 5952 writes IPv6, which is how Node writes it. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const groups = Array.from({ length: 8 }, (_, at) => view.getUint16(2 * at));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? `::ffff:${formatIp(bytes.subarray(12))}` : shortened(groups);
}

/** The longest run of two or more zeros becomes `::`, the first one if several are as long. */
function shortened(groups: readonly number[]): string {
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  const zeros = groups.map((_, at) => zerosFrom(groups, at));
  const longest = Math.max(...zeros);
  if (longest < 2) return hex(groups);
  const start = zeros.indexOf(longest);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + longest))}`;
}

function zerosFrom(groups: readonly number[], start: number): number {
  const end = groups.findIndex((group, at) => at >= start && group !== 0);
  return (end < 0 ? groups.length : end) - start;
}

/** The 4 or 16 bytes of an address given as text; undefined when it is none of that family. */
export function parseIp(text: string, family: "IPv4" | "IPv6"): Uint8Array | undefined {
  return family === "IPv4" ? parseIpv4(text) : parseIpv6(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const isAddress = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  return isAddress ? Uint8Array.from(parts, Number) : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const [front = [], back, ...more] = withoutDots(text).split("::").map(partsOf);
  const given = [...front, ...(back ?? [])];
  const missing = 8 - given.length;
  const isComplete = back ? missing > 0 : missing === 0;
  if (!isComplete || more.length > 0 || !given.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const parts = [...front, ...new Array<string>(missing).fill("0"), ...(back ?? [])];
  return Uint8Array.from(parts.map((part) => Number.parseInt(part, 16)).flatMap((group) => [group >> 8, group & 0xff]));
}

function partsOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(":");
}

/** An IPv4 address at the end stands for the last two groups. */
function withoutDots(text: string): string {
  const start = text.lastIndexOf(":") + 1;
  const [a, b, c, d] = [...(parseIpv4(text.slice(start)) ?? [])].map((byte) => byte.toString(16).padStart(2, "0"));
  return d === undefined ? text : `${text.slice(0, start)}${a}${b}:${c}${d}`;
}
