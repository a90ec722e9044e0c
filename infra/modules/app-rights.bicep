metadata description = '''
The rights that plgate has in its own group, each beside the sentence that says why. All others are in rights.bicep, since
they lie outside of this group.
'''

@description('Principal id of the identity of plgate.')
param principalId string

@description('Storage account of the Functions host.')
param hostAccountName string

@description('Application Insights component.')
param insightsName string

@description('Event Grid topic for published decisions; empty where none are published.')
param decisionsTopicName string

var builtIn = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  eventGridDataSender: 'd5a91429-5739-47e2-a06b-3470a27159e7'
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: hostAccountName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource decisions 'Microsoft.EventGrid/topics@2025-02-15' existing = if (!empty(decisionsTopicName)) {
  name: decisionsTopicName
}

// The Functions host: fetches the package and keeps its locks and keys in containers that it makes itself.
// Azure documents Blob Data Owner as the host's minimum. The account holds nothing else.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, principalId, builtIn.storageBlobDataOwner)
  scope: hostAccount
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.storageBlobDataOwner)
  }
}

// Sends telemetry; keys are off there too.
resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, builtIn.monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtIn.monitoringMetricsPublisher
    )
  }
}

// Publishes decisions to this one topic; keys are off there too. Who receives them is not plgate's to say.
resource publisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(decisionsTopicName)) {
  name: guid(decisions.id, principalId, builtIn.eventGridDataSender)
  scope: decisions
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.eventGridDataSender)
  }
}
