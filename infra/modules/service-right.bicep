metadata description = 'Gives plgate its role on the resource group this module is deployed to. Its own module, because the group may lie in another subscription.'

@description('Principal id of the identity of plgate.')
param principalId string

@description('Guid of the custom role (record-rights.bicep).')
param roleDefinitionGuid string

// What the role holds follows the switches of rights.bicep; its definition says why. On this group and on nothing beside it.
resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  // The principal is part of the name: after a removal and a new deployment the identity is another one, and Azure
  // refuses to change the principal of an assignment.
  name: guid(toLower(resourceGroup().id), principalId, roleDefinitionGuid)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleDefinitionGuid)
  }
}
