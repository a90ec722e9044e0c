metadata description = 'The one identity plgate acts with. What it may do stands in roles.bicep, all of it.'

@description('Name of the user-assigned identity.')
param name string

@description('Region.')
param location string

@description('Tags for the resource.')
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id: what a resource names to use the identity.')
output resourceId string = identity.id

@description('Client id: what code and settings name to use the identity.')
output clientId string = identity.properties.clientId

@description('Principal id: what role assignments name.')
output principalId string = identity.properties.principalId
