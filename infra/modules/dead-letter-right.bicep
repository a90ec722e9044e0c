metadata description = 'Lets a topic of Event Grid, not plgate, write the events that it could not deliver into the one container for them.'

@description('Principal id of the topic.')
param topicPrincipalId string

@description('Account with the container.')
param dataAccountName string

@description('The container.')
param containerName string

// Event Grid documents this role as the one it needs. The container holds nothing else.
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: dataAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = {
      name: containerName
    }
  }
}

// An event that nobody took is kept for thirty days, to be looked at.
resource deadLetterWriter 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataAccount::blobs::deadLetters.id, topicPrincipalId, storageBlobDataContributor)
  scope: dataAccount::blobs::deadLetters
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataContributor)
  }
}
