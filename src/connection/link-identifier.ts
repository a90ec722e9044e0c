/**
 * The LinkID of a private endpoint as this house writes it: a decimal UInt32 without leading zeros. Undefined for all else.
 *
 * The same number stands in the PROXY header of the endpoint's traffic and as `linkIdentifier` on its connection. Nobody
 * outside Azure knows every form that it takes there, so surrounding space and a `0x` form are tolerated (azure.md 9).
 */
export function parseLinkIdentifier(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  if (!trimmed || !/^(0*\d{1,10}|0x0*[0-9a-f]{1,8})$/i.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value <= 0xffff_ffff ? String(value) : undefined;
}
