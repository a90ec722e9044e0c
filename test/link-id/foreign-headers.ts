import type { HeaderFault } from "../../src/link-id/link-id.ts";

/** A header out of the tests of another implementation, with what its authors say it means. */
export type ForeignHeader = {
  /** The implementation, and where in its tests the bytes stand. */
  readonly from: string;
  readonly says: string;
  /** Hex, behind the signature unless it is `raw`. */
  readonly bytes: string;
  readonly raw?: true;
  readonly maxLength?: number;
  readonly means: Meaning;
};

export type Meaning =
  | {
      /** `PROXY IPv4 stream source > destination`; without addresses when nothing is known of them. */
      readonly header: string;
      /** Type and value of each TLV, in hex. */
      readonly tlvs?: readonly string[];
      readonly linkId?: number;
      /** What follows the header, as text. */
      readonly rest?: string;
    }
  | { readonly broken: HeaderFault }
  | { readonly needs: number }
  | "not-proxy";

const netty = "netty, HAProxyMessageDecoderTest";
const envoy = "Envoy, proxy_protocol_test";
const haproxy = "HAProxy, reg-tests";
const pires = "pires/go-proxyproto, v2_test";
const tlvparse = "pires/go-proxyproto, tlvparse";
const ppp = "Rust ppp, v2 tests";
const ends = "c0a80001 c0a8000b dc04 01bb";
const loopback = "7f000001 7f000001 002a 0539";
const text = (value: string) => Buffer.from(value, "latin1").toString("hex");
const moreData = text("more data");
const unix = (path: string) => text(path).padEnd(216, "0");
const noop = (length: number) => `04 ${length.toString(16).padStart(4, "0")} ${"00".repeat(length)}`;

/** go-proxyproto tests its TLVs without a header; here they stand behind two addresses. */
function behindAddresses(...tlvs: readonly string[]): string {
  const rest = tlvs.join("").replaceAll(" ", "");
  return `2111 ${(12 + rest.length / 2).toString(16).padStart(4, "0")} ${loopback} ${rest}`;
}

const unixAddresses = `${unix("/var/run/src.sock")} ${unix("/var/run/dest.sock")}`;
const aws = "ea 000c 01 767063652d616263313233";
const azure = "ee 0005 01 c1450021";
const wrongSubtype = "ee 0005 02 01010101";
const wrongLength = "ee 0003 02 0101";
const everything = [
  ...["07 00000000", `21 0007 ${text("TLSv1.2")}`, `22 000b ${text("example.com")}`],
  ...[`23 001b ${text("ECDHE-RSA-AES128-GCM-SHA256")}`, `24 0006 ${text("SHA256")}`, `25 0007 ${text("RSA2048")}`],
].join(" ");
const loopbackEnds = "PROXY IPv4 stream 127.0.0.1:42 > 127.0.0.1:1337";

export const foreignHeaders: readonly ForeignHeader[] = [
  {
    ...{ from: netty, says: "TCP over IPv4", bytes: `2111 000c ${ends}` },
    means: { header: "PROXY IPv4 stream 192.168.0.1:56324 > 192.168.0.11:443" },
  },
  {
    ...{ from: netty, says: "UDP over IPv4", bytes: `2112 000c ${ends}` },
    means: { header: "PROXY IPv4 datagram 192.168.0.1:56324 > 192.168.0.11:443" },
  },
  {
    ...{ from: netty, says: "TCP over IPv6" },
    bytes: "2121 0024 20010db885a3000000008a2e03707334 105000000000000000050600300c326b dc04 01bb",
    means: { header: "PROXY IPv6 stream [2001:db8:85a3::8a2e:370:7334]:56324 > [1050::5:600:300c:326b]:443" },
  },
  {
    ...{ from: netty, says: "a UNIX stream", bytes: `2131 00d8 ${unixAddresses}` },
    means: { header: "PROXY UNIX stream /var/run/src.sock > /var/run/dest.sock" },
  },
  {
    ...{ from: netty, says: "LOCAL: the addresses are not looked at", bytes: `2000 000c ${ends}` },
    means: { header: "LOCAL" },
  },
  {
    ...{ from: netty, says: "UNSPEC: the addresses are not looked at", bytes: `2100 000c ${ends}` },
    means: { header: "PROXY" },
  },
  {
    ...{ from: netty, says: "TLS, told in a nested TLV" },
    bytes: "2111 0023 7f000001 7f000001 c9a6 0759 20 0014 05 00000000 21 0005 544c537631 22 0004 4c454146",
    means: {
      header: "PROXY IPv4 stream 127.0.0.1:51622 > 127.0.0.1:1881",
      tlvs: ["20 0500000000210005544c5376312200044c454146"],
    },
  },
  {
    ...{ from: netty, says: "a TLV behind UNIX addresses", bytes: `2131 00dc ${unixAddresses} 01 0001 01` },
    means: { header: "PROXY UNIX stream /var/run/src.sock > /var/run/dest.sock", tlvs: ["01 01"] },
  },
  {
    ...{ from: netty, says: "a family that does not exist", bytes: `2141 000c ${ends}` },
    means: { broken: "unknown-protocol" },
  },
  {
    ...{ from: netty, says: "a port is missing", bytes: "2111 000a c0a80001 c0a8000b dc04" },
    means: { broken: "shorter-than-its-addresses" },
  },
  {
    ...{ from: netty, says: "a command that does not exist", bytes: `2211 000c ${ends}` },
    means: { broken: "unknown-command" },
  },
  {
    ...{ from: netty, says: "a version that does not exist", bytes: `3111 000c ${ends}` },
    means: { broken: "unknown-version" },
  },
  {
    ...{ from: netty, says: "more than the reader allows, which is no room for TLVs", maxLength: 232 },
    bytes: `2111 00e8 ${ends} ${"00".repeat(220)}`,
    means: { broken: "longer-than-allowed" },
  },
  { ...{ from: netty, says: "not all there yet", bytes: "21" }, means: { needs: 3 } },
  { ...{ from: netty, says: "half a signature", raw: true, bytes: "0d0a0d0a000d0a" }, means: { needs: 9 } },
  { ...{ from: netty, says: "another protocol", raw: true, bytes: text("Invalid header") }, means: "not-proxy" },
  {
    ...{ from: netty, says: "version 1, which this library leaves to others", raw: true },
    bytes: text("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"),
    means: "not-proxy",
  },
  {
    ...{ from: envoy, says: "TCP over IPv4, with the client's data behind it" },
    bytes: `2111 000c 01020304 00010102 0305 0002 ${moreData}`,
    means: { header: "PROXY IPv4 stream 1.2.3.4:773 > 0.1.1.2:2", rest: "more data" },
  },
  {
    ...{ from: envoy, says: "IPv6" },
    bytes: `2122 0024 00010002000300000000000000000004 00010100020000030000000000000000 0008 0002 ${moreData}`,
    means: { header: "PROXY IPv6 datagram [1:2:3::4]:8 > [1:100:200:3::]:2", rest: "more data" },
  },
  {
    ...{ from: envoy, says: "neither LOCAL nor PROXY", bytes: `231f 000c 01020304 00010102 0305 0002 ${moreData}` },
    means: { broken: "unknown-command" },
  },
  { ...{ from: envoy, says: "LOCAL", bytes: `2000 0000 ${moreData}` }, means: { header: "LOCAL", rest: "more data" } },
  {
    ...{ from: envoy, says: "LOCAL with a TLV", bytes: `2000 0004 00 0001 ff ${moreData}` },
    means: { header: "LOCAL", rest: "more data" },
  },
  {
    ...{
      from: envoy,
      says: "the health probe of an AWS load balancer",
      bytes: `2000 0007 00 0004 0a0b0c0d ${moreData}`,
    },
    means: { header: "LOCAL", rest: "more data" },
  },
  {
    ...{ from: envoy, says: "too short for IPv6 by far", bytes: `2121 0004 0008 0002 ${moreData}` },
    means: { broken: "shorter-than-its-addresses" },
  },
  {
    ...{
      from: envoy,
      says: "too short for IPv4 by one byte",
      bytes: `2111 000b 01020304 00010102 0305 0002 ${moreData}`,
    },
    means: { broken: "shorter-than-its-addresses" },
  },
  {
    ...{ from: envoy, says: "too short for IPv6 by one byte" },
    bytes: `2122 0023 00010002000300000000000000000004 00010100020000030000000000000000 0008 0002 ${moreData}`,
    means: { broken: "shorter-than-its-addresses" },
  },
  {
    ...{ from: envoy, says: "UNIX in 20 bytes" },
    bytes: `2132 0014 0001010002000003000000000000000000080002 ${moreData}`,
    means: { broken: "shorter-than-its-addresses" },
  },
  {
    ...{ from: envoy, says: "command 9" },
    bytes: `2932 0014 0001010002000003000000000000000000080002 ${moreData}`,
    means: { broken: "unknown-command" },
  },
  {
    ...{ from: envoy, says: "protocol 0x93" },
    bytes: `2193 0014 0001010002000003000000000000000000080002 ${moreData}`,
    means: { broken: "unknown-protocol" },
  },
  {
    ...{ from: envoy, says: "two TLVs" },
    bytes: `2111 0014 01020304 00010102 0305 0002 00 0001 ff 00 0001 ff ${text("DATA")}`,
    means: { header: "PROXY IPv4 stream 1.2.3.4:773 > 0.1.1.2:2", tlvs: ["00 ff", "00 ff"], rest: "DATA" },
  },
  {
    ...{ from: haproxy, says: "an authority", bytes: `2111 0014 ${loopback} 02 0005 3132333435` },
    means: { header: loopbackEnds, tlvs: ["02 3132333435"] },
  },
  {
    ...{ from: haproxy, says: "what looks like a TLV behind the header is none of it" },
    bytes: `2111 0014 ${loopback} 02 0005 3132333435 02 0005 3534333231`,
    means: { header: loopbackEnds, tlvs: ["02 3132333435"], rest: "\x02\0\x0554321" },
  },
  {
    ...{ from: haproxy, says: "a TLV longer than the header" },
    bytes: `2111 0014 ${loopback} 02 000a 31323334353132333435`,
    means: { broken: "tlvs-do-not-fill-it" },
  },
  {
    ...{ from: haproxy, says: "one byte left over behind the TLVs" },
    bytes: `2111 0014 ${loopback} 02 0004 31323334 00`,
    means: { broken: "tlvs-do-not-fill-it" },
  },
  {
    ...{ from: haproxy, says: "AWS's, Azure's and own TLVs; what stands in Azure's is a word and no LinkID" },
    bytes: `2111 002d ${loopback} ea 000b 01 ${text("aws-vpc-id")} ee 0007 01 ${text("LINKID")} eb 0006 ${text("custom")}`,
    means: {
      header: loopbackEnds,
      tlvs: [`ea 01${text("aws-vpc-id")}`, `ee 01${text("LINKID")}`, `eb ${text("custom")}`],
    },
  },
  {
    ...{ from: tlvparse, says: "AWS's endpoint is no LinkID", bytes: behindAddresses(aws) },
    means: { header: loopbackEnds, tlvs: ["ea 01767063652d616263313233"] },
  },
  {
    ...{ from: tlvparse, says: "another subtype of Azure is no LinkID", bytes: behindAddresses(wrongSubtype) },
    means: { header: loopbackEnds, tlvs: ["ee 0201010101"] },
  },
  {
    ...{ from: tlvparse, says: "another length is no LinkID", bytes: behindAddresses(wrongLength) },
    means: { header: loopbackEnds, tlvs: ["ee 020101"] },
  },
  {
    ...{ from: tlvparse, says: "a LinkID", bytes: behindAddresses(azure) },
    means: { header: loopbackEnds, tlvs: ["ee 01c1450021"], linkId: 0x210045c1 },
  },
  {
    ...{ from: tlvparse, says: "of many TLVs the first LinkID" },
    bytes: behindAddresses(aws, wrongSubtype, wrongLength, azure, "ee 0005 01 c1450022"),
    means: {
      header: loopbackEnds,
      tlvs: ["ea 01767063652d616263313233", "ee 0201010101", "ee 020101", "ee 01c1450021", "ee 01c1450022"],
      linkId: 0x210045c1,
    },
  },
  {
    from: "aws/elastic-load-balancing-tools and go-proxyproto",
    says: "a connection through an endpoint of AWS, with a checksum that is right",
    bytes: `2111 0054 ac1f0771 ac1f0a1f c8f2 0050 03 0004 e8d6892d ea 0017 01 ${text("vpce-08d2bf15fac5001c9")} ${noop(36)}`,
    means: {
      header: "PROXY IPv4 stream 172.31.7.113:51442 > 172.31.10.31:80",
      tlvs: ["03 e8d6892d", `ea 01${text("vpce-08d2bf15fac5001c9")}`, `04 ${"00".repeat(36)}`],
    },
  },
  {
    ...{ from: tlvparse, says: "another such connection, captured" },
    bytes: `2111 0054 c0a82c0a c0a82c07 cc3e 241b 03 0004 b9286fa6 ea 0017 01 ${text("vpce-00eafc458ec97b833")} ${noop(36)}`,
    means: {
      header: "PROXY IPv4 stream 192.168.44.10:52286 > 192.168.44.7:9243",
      tlvs: ["03 b9286fa6", `ea 01${text("vpce-00eafc458ec97b833")}`, `04 ${"00".repeat(36)}`],
    },
  },
  {
    ...{ from: tlvparse, says: "HAProxy tells the name in a client's certificate" },
    bytes: `2111 0040 7f000001 7f000001 cc8a 232e 20 0031 07 00000000 21 0007 ${text("TLSv1.3")} 22 001f ${text("Example Common Name Client Cert")}`,
    means: {
      header: "PROXY IPv4 stream 127.0.0.1:52362 > 127.0.0.1:9006",
      tlvs: [`20 0700000000210007${text("TLSv1.3")}22001f${text("Example Common Name Client Cert")}`],
    },
  },
  {
    ...{ from: tlvparse, says: "IPv4 within IPv6, and a cipher" },
    bytes: `2121 004f 00000000000000000000ffff0a015b0e 00000000000000000000ffff0a01019f f47c 01bb 20 0028 01 00000000 21 0007 ${text("TLSv1.3")} 23 0016 ${text("TLS_AES_256_GCM_SHA384")}`,
    means: {
      header: "PROXY IPv6 stream [::ffff:10.1.91.14]:62588 > [::ffff:10.1.1.159]:443",
      tlvs: [`20 0100000000210007${text("TLSv1.3")}230016${text("TLS_AES_256_GCM_SHA384")}`],
    },
  },
  {
    ...{ from: pires, says: "LOCAL, with addresses of TCP", bytes: "2011 000c 7f000001 7f000001 fffd fffd" },
    means: { header: "LOCAL" },
  },
  {
    ...{ from: pires, says: "a UNIX datagram", bytes: `2132 00d8 ${unix("socket")} ${unix("socket")}` },
    means: { header: "PROXY UNIX datagram socket > socket" },
  },
  {
    ...{ from: pires, says: "72 zeros behind the addresses, then the client's data" },
    bytes: `2111 0054 7f000001 7f000001 fffd fffd ${"00".repeat(72)} 999798`,
    means: {
      header: "PROXY IPv4 stream 127.0.0.1:65533 > 127.0.0.1:65533",
      tlvs: new Array<string>(24).fill("00 "),
      rest: "\x99\x97\x98",
    },
  },
  { ...{ from: pires, says: "a command nobody knows", bytes: "99" }, means: { broken: "unknown-version" } },
  {
    ...{ from: pires, says: "TCP over IPv4 in no bytes", bytes: `2111 0000 ${"00".repeat(36)}` },
    means: { broken: "shorter-than-its-addresses" },
  },
  { ...{ from: pires, says: "the end of a signature", raw: true, bytes: "0d0a000d0a515549540a" }, means: "not-proxy" },
  {
    ...{ from: ppp, says: "UNSPEC", bytes: "2100 000c 7f000001 7f000002 0050 01bb" },
    means: { header: "PROXY" },
  },
  {
    ...{ from: ppp, says: "a transport of no family", bytes: "2101 0008 7f000001 7f000002" },
    means: { header: "PROXY" },
  },
  {
    ...{ from: ppp, says: "one byte of the client's", bytes: "2111 000c 7f000001 7f000002 0050 01bb 2a" },
    means: { header: "PROXY IPv4 stream 127.0.0.1:80 > 127.0.0.2:443", rest: "*" },
  },
  {
    ...{ from: ppp, says: "two TLVs behind IPv6 addresses" },
    bytes: `2121 002d ${"ff".repeat(15)}f2 ${"ff".repeat(15)}f1 0050 01bb 01 0001 05 02 0002 0505`,
    means: {
      header: `PROXY IPv6 stream [${"ffff:".repeat(7)}fff2]:80 > [${"ffff:".repeat(7)}fff1]:443`,
      tlvs: ["01 05", "02 0505"],
    },
  },
  {
    ...{ from: ppp, says: "half a TLV that fills the header", bytes: "2111 000f 7f000001 7f000002 0050 01bb 01 0001" },
    means: { broken: "tlvs-do-not-fill-it" },
  },
  {
    ...{
      from: ppp,
      says: "half a TLV, the rest still to come",
      bytes: "2111 0011 7f000001 7f000002 0050 01bb 01 0001",
    },
    means: { needs: 2 },
  },
  {
    ...{ from: ppp, says: "LOCAL without anything", bytes: "2002 0000 0050" },
    means: { header: "LOCAL", rest: "\0P" },
  },
  {
    ...{ from: ppp, says: "a signature with one wrong byte", raw: true, bytes: "0d0a0d0a010d0a515549540a" },
    means: "not-proxy",
  },
  { ...{ from: ppp, says: "five bytes of a signature", raw: true, bytes: "0d0a0d0a00" }, means: { needs: 11 } },
  {
    ...{ from: "libproxyprotocol, tests", says: "TLS with everything that is known of it, and filling" },
    bytes: `2111 0064 c0a80a64 c0a80b5a a55c 1f90 20 004e ${everything} ${noop(4)}`,
    means: {
      header: "PROXY IPv4 stream 192.168.10.100:42332 > 192.168.11.90:8080",
      tlvs: [`20 ${everything.replaceAll(" ", "")}`, "04 00000000"],
    },
  },
  {
    ...{ from: "proxy-protocol-js, tests", says: "LOCAL over UDP", bytes: "2012 000c 7f000001 c0000201 3039 d431" },
    means: { header: "LOCAL" },
  },
  {
    ...{ from: "proxy-protocol-js, tests", says: "TCP over IPv6" },
    bytes: "2121 0024 2001db08000000000000000000000001 2001db08000000000000000000000002 0014 0015",
    means: { header: "PROXY IPv6 stream [2001:db08::1]:20 > [2001:db08::2]:21" },
  },
];

/**
 * Where this library is stricter than a suite, because the specification is: a checksum that is there has to be right,
 * and has its high byte first, as AWS sends it.
 */
export const refusedHeaders: readonly ForeignHeader[] = [
  {
    ...{ from: "nginx-tests, proxy_protocol2_tlv", says: "a checksum that is shown, not verified" },
    bytes: `2111 001b c0000201 c0000202 007b 162e 01 0005 ${text("ALPN1")} 03 0004 ${text("4321")}`,
    means: { broken: "wrong-checksum" },
  },
  {
    ...{ from: "libproxyprotocol, tests", says: "a checksum with its low byte first" },
    bytes: `2111 0040 c0a80a64 c0a80b5a a55c 1f90 03 0004 e51886f8 ea 0017 01 ${text("vpce-23d8ezjk38bchilm4")} ${noop(16)}`,
    means: { broken: "wrong-checksum" },
  },
];
