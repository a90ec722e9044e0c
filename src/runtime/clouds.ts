/**
 * The endpoints of each cloud belong together: a closed list.
 *
 * `botConnector` are the names of the Bot Connector's hosts, all regions of it; `*.` stands for any names below. Tenants of
 * the US government's community cloud live in the public Azure and have a host of their own there (403 InvalidBotApiHost
 * elsewhere). Sources: teams.md 3; `TeamsServiceEndpoints` of Microsoft's Agents SDK; Teams' table of bot status codes.
 */
export const clouds = {
  public: {
    authority: "https://login.microsoftonline.com",
    arm: "https://management.azure.com",
    graph: "https://graph.microsoft.com",
    storageSuffix: "core.windows.net",
    topicSuffix: "eventgrid.azure.net",
    botIssuer: "https://api.botframework.com",
    botKeys: "https://login.botframework.com/v1/.well-known/keys",
    botScope: "https://api.botframework.com/.default",
    botConnector: ["smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com", "*.botframework.com"],
  },
  usgov: {
    authority: "https://login.microsoftonline.us",
    arm: "https://management.usgovcloudapi.net",
    graph: "https://graph.microsoft.us",
    storageSuffix: "core.usgovcloudapi.net",
    topicSuffix: "eventgrid.azure.us",
    botIssuer: "https://api.botframework.us",
    botKeys: "https://login.botframework.azure.us/v1/.well-known/keys",
    botScope: "https://api.botframework.us/.default",
    botConnector: ["smba.infra.gov.teams.microsoft.us", "smba.infra.dod.teams.microsoft.us", "*.botframework.azure.us"],
  },
  china: {
    authority: "https://login.partner.microsoftonline.cn",
    arm: "https://management.chinacloudapi.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
    storageSuffix: "core.chinacloudapi.cn",
    topicSuffix: "eventgrid.azure.cn",
    botIssuer: "https://api.botframework.com",
    botKeys: "https://login.botframework.com/v1/.well-known/keys",
    botScope: "https://api.botframework.com/.default",
    botConnector: ["smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com", "*.botframework.com"],
  },
} as const;
