targetScope = 'subscription'

metadata description = 'The one right on a subscription, and only where connections are removed: to ask how a removal goes on. Azure keeps such operations under the subscription, not under a group.'

@description('Principal id of the identity of plgate.')
param principalId string

@description('Guid of the custom role (record-rights.bicep): two reads of operations, of no resource.')
param roleDefinitionGuid string

// A removal is finished only when Azure says so; without this plgate would not hear of it.
resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, roleDefinitionGuid)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitionGuid)
  }
}
