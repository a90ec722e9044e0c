metadata description = 'Delegates the resource group that this module is deployed to.'

@description('Full id of the definition (lighthouse.bicep).')
param registrationDefinitionId string

resource delegation 'Microsoft.ManagedServices/registrationAssignments@2022-10-01' = {
  name: guid(toLower(resourceGroup().id), registrationDefinitionId)
  properties: { registrationDefinitionId: registrationDefinitionId }
}
