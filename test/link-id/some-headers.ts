import fc from "fast-check";
import { type Addresses, type HeaderParts, type IpEnd, linkIdTlv, type Tlv } from "../../src/link-id/link-id.ts";

/* Headers of every kind, for properties and for tests that need just one. */

/** fast-check's own records have no prototype, which makes them unlike what is read. */
function record<Value extends object>(
  arbitraries: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> },
): fc.Arbitrary<Value> {
  return fc.record(arbitraries, { noNullPrototype: true });
}

const ports = fc.integer({ min: 0, max: 0xffff });
const transports = fc.constantFrom("stream", "datagram");
const ipv4Ends: fc.Arbitrary<IpEnd> = record({ address: fc.ipV4(), port: ports });
const ipv6Ends: fc.Arbitrary<IpEnd> = record({ address: fc.ipV6(), port: ports });
const paths = fc.uint8Array({ minLength: 108, maxLength: 108 });

export const someAddresses: fc.Arbitrary<Addresses> = fc.oneof(
  record({ family: fc.constant("IPv4"), transport: transports, source: ipv4Ends, destination: ipv4Ends }),
  record({ family: fc.constant("IPv6"), transport: transports, source: ipv6Ends, destination: ipv6Ends }),
  record({ family: fc.constant("UNIX"), transport: transports, source: paths, destination: paths }),
);

export const linkIds = fc.integer({ min: 0, max: 0xffffffff });

/** Any type but the checksum and Azure's, which have a meaning. */
const otherTypes = fc.integer({ min: 0, max: 0xff }).filter((type) => type !== 0x03 && type !== 0xee);

export const otherTlvs: fc.Arbitrary<readonly Tlv[]> = fc.array(
  record({ type: otherTypes, value: fc.uint8Array({ maxLength: 60 }) }),
  { maxLength: 8 },
);

export const someHeaders: fc.Arbitrary<HeaderParts> = fc.oneof(
  record({ command: fc.constant("PROXY"), addresses: someAddresses, tlvs: otherTlvs }),
  record({ command: fc.constant("LOCAL"), addresses: fc.constant(undefined), tlvs: fc.constant([]) }),
  record({ command: fc.constant("PROXY"), addresses: fc.constant(undefined), tlvs: fc.constant([]) }),
);

export const throughEndpoint: HeaderParts = {
  command: "PROXY",
  addresses: {
    ...{ family: "IPv4", transport: "stream" },
    ...{ source: { address: "10.0.0.4", port: 50000 }, destination: { address: "10.1.0.5", port: 443 } },
  },
  tlvs: [linkIdTlv(0x210045c1)],
};

export const probe: HeaderParts = { command: "LOCAL", addresses: undefined, tlvs: [] };
