metadata description = 'The Azure Bot: what Teams knows plgate by. It has no key; its identity is the one that plgate acts with.'

@description('Name of the bot resource; unique in Azure.')
param name string

@description('Name that Azure shows; in Teams people see the name of the app package.')
@maxLength(42)
param displayName string

@description('Resource id of the identity.')
param identityId string

@description('Client id of the identity. It is the id of the bot, in tokens and in the app package.')
param identityClientId string

@description('Address of plgate; the Bot Connector sends what happens in Teams to /api/messages below it.')
param address string

@description('Tags for the resources.')
param tags { *: string }

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: name
  // Bots live in no region.
  location: 'global'
  tags: tags
  kind: 'azurebot'
  // Messages in Teams cost nothing in any tier.
  sku: { name: 'F0' }
  properties: {
    displayName: displayName
    endpoint: '${address}/api/messages'
    // One tenant, one identity, no secret: multi-tenant bots can no longer be made, and a secret would have to be kept.
    msaAppType: 'UserAssignedMSI'
    msaAppId: identityClientId
    msaAppMSIResourceId: identityId
    msaAppTenantId: subscription().tenantId
    disableLocalAuth: true
  }

  resource teams 'channels' = {
    name: 'MsTeamsChannel'
    location: 'global'
    properties: { channelName: 'MsTeamsChannel', properties: { isEnabled: true } }
  }
}
