import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readConfig } from "../../src/runtime/config.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";

const guid = "11111111-1111-4111-8111-111111111111";
const smallest = {
  PLGATE_TENANT_ID: guid,
  PLGATE_SUBSCRIPTIONS: guid,
  PLGATE_FALLBACK_REVIEWERS: guid,
  PLGATE_API_AUDIENCE: "api://plgate",
  PLGATE_STORAGE_ACCOUNT: "plgate",
};

describe("connectorHosts", () => {
  const cases = {
    "https://smba.trafficmanager.net/emea/": true,
    "https://smba.trafficmanager.net/teams": true,
    "https://europe.botframework.com/": true,
    "https://botframework.com/": false,
    "https://evilbotframework.com/": false,
    "https://europe.botframework.com.evil.example/": false,
    "https://other.trafficmanager.net/emea/": false,
    "https://a.smba.trafficmanager.net/emea/": false,
    "http://smba.trafficmanager.net/emea/": false,
    "https://smba.trafficmanager.net:8443/emea/": false,
    "https://smba.trafficmanager.net@evil.example/": false,
    "https://me@smba.trafficmanager.net/": false,
    "https://:secret@smba.trafficmanager.net/": false,
    "file:///smba.trafficmanager.net": false,
    "http://localhost:56150/_connector": false,
  } as const;
  for (const [address, allowed] of Object.entries(cases)) {
    it(`${allowed ? "allows" : "refuses"} ${address}`, () => assert.equal(connectorHosts()(new URL(address)), allowed));
  }

  const local = {
    "http://localhost:56150/_connector": true,
    "http://localhost:56151/_connector": false,
    "http://127.0.0.1:56150/_connector": false,
    "https://localhost:56150/_connector": false,
    "http://me@localhost:56150/_connector": false,
    "https://smba.trafficmanager.net/emea/": true,
  } as const;
  for (const [address, allowed] of Object.entries(local)) {
    it(`${allowed ? "allows" : "refuses"} ${address} where http://localhost:56150 is configured`, () => {
      assert.equal(connectorHosts("http://localhost:56150")(new URL(address)), allowed);
    });
  }

  for (const origin of ["http://10.0.0.4:80", "https://evil.example", "http://localhost.evil.example", "nonsense"]) {
    it(`cannot be talked into ${origin}`, () => {
      const mayTalkTo = connectorHosts(origin);
      assert.equal(mayTalkTo(new URL("http://10.0.0.4/")), false);
      assert.equal(mayTalkTo(new URL("https://evil.example/")), false);
      assert.equal(mayTalkTo(new URL("http://localhost.evil.example/")), false);
    });
  }
});

describe("connectorHosts of a cloud", () => {
  const clouds = {
    public: {
      "https://smba.infra.gcc.teams.microsoft.com/teams": true,
      "https://smba.infra.gov.teams.microsoft.us/teams": false,
      "https://a.smba.infra.gcc.teams.microsoft.com/": false,
      "https://europe.botframework.azure.us/": false,
    },
    usgov: {
      "https://smba.infra.gov.teams.microsoft.us/gcch": true,
      "https://smba.infra.dod.teams.microsoft.us/teams": true,
      "https://pacific.botframework.azure.us/": true,
      "https://botframework.azure.us/": false,
      "https://evilbotframework.azure.us/": false,
      "https://smba.infra.gov.teams.microsoft.us.evil.example/": false,
      "http://smba.infra.gov.teams.microsoft.us/gcch": false,
      "https://smba.infra.gov.teams.microsoft.us:8443/gcch": false,
      "https://smba.trafficmanager.net/emea/": false,
      "https://smba.infra.gcc.teams.microsoft.com/teams": false,
      "https://europe.botframework.com/": false,
    },
  } as const;
  for (const [cloud, cases] of Object.entries(clouds)) {
    for (const [address, allowed] of Object.entries(cases)) {
      it(`${allowed ? "allows" : "refuses"} ${address} where the cloud is ${cloud}`, () => {
        const { endpoints } = readConfig({ ...smallest, PLGATE_CLOUD: cloud });
        assert.equal(connectorHosts(endpoints.localConnector, endpoints.botConnector)(new URL(address)), allowed);
      });
    }
  }
});
