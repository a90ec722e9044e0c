import fc from "fast-check";
import { type Addresses, type HeaderParts, type IpEnd, linkIdTlv, type Tlv } from "../../src/link-id/link-id.ts";

/* Headers of every kind, for properties and for tests that need just one. */

// fast-check's own records have no prototype, which makes them unlike what is read.
const plain = { noNullPrototype: true } as const;

const ports = fc.integer({ min: 0, max: 0xffff });
const transports = fc.constantFrom("stream", "datagram");
const ipv4Ends: fc.Arbitrary<IpEnd> = fc.record({ address: fc.ipV4(), port: ports }, plain);
const ipv6Ends: fc.Arbitrary<IpEnd> = fc.record({ address: fc.ipV6(), port: ports }, plain);
const paths = fc.uint8Array({ minLength: 108, maxLength: 108 });

export const someAddresses: fc.Arbitrary<Addresses> = fc.oneof(
  fc.record({ family: fc.constant("IPv4"), transport: transports, source: ipv4Ends, destination: ipv4Ends }, plain),
  fc.record({ family: fc.constant("IPv6"), transport: transports, source: ipv6Ends, destination: ipv6Ends }, plain),
  fc.record({ family: fc.constant("UNIX"), transport: transports, source: paths, destination: paths }, plain),
);

export const linkIds = fc.integer({ min: 0, max: 0xffffffff });

/** Any type but the checksum and Azure's, which have a meaning. */
const otherTypes = fc.integer({ min: 0, max: 0xff }).filter((type) => type !== 0x03 && type !== 0xee);

export const otherTlvs: fc.Arbitrary<readonly Tlv[]> = fc.array(
  fc.record({ type: otherTypes, value: fc.uint8Array({ maxLength: 60 }) }, plain),
  { maxLength: 8 },
);

export const someHeaders: fc.Arbitrary<HeaderParts> = fc.oneof(
  fc.record({ command: fc.constant("PROXY"), addresses: someAddresses, tlvs: otherTlvs }, plain),
  fc.record({ command: fc.constant("LOCAL"), addresses: fc.constant(undefined), tlvs: fc.constant([]) }, plain),
  fc.record({ command: fc.constant("PROXY"), addresses: fc.constant(undefined), tlvs: fc.constant([]) }, plain),
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
