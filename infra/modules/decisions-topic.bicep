metadata description = 'The Event Grid topic that decisions are published to, for whoever subscribes to it (docs/deploy.md). It takes events from Entra identities only.'

@description('Name of the topic.')
@minLength(3)
@maxLength(50)
param name string

@description('Region.')
param location string

@description('Tags for the resource.')
param tags { *: string }

resource topic 'Microsoft.EventGrid/topics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    inputSchema: 'CloudEventSchemaV1_0'
    disableLocalAuth: true
    minimumTlsVersionAllowed: '1.2'
    publicNetworkAccess: 'Enabled'
  }
}

@description('Where events are sent to.')
output endpoint string = topic.properties.endpoint
