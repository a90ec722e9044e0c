metadata description = '''
The account of the Functions host: the deployment package, and what the host keeps for itself (locks, function keys).

The host creates its own containers, so it needs Blob Data Owner on the account: who can write here can replace the code.
That is why nothing else lives here (data-account.bicep). It can be made anew at any time.

The account has no usable key: shared key access is off, every caller comes with an Entra identity.
'''

@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Whether callers have to come through private endpoints (private) or from anywhere (public).')
param network 'public' | 'private'

@description('Addresses and ranges of operators that are let in although the network is private.')
param allowedAddresses string[]

@description('Tags for the resources.')
param tags { *: string }

var deploymentContainerName = 'deployment'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: network == 'private' ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
      ipRules: map(allowedAddresses, address => { value: address, action: 'Allow' })
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource deployment 'containers' = {
      name: deploymentContainerName
    }
  }
}

@description('Resource id, for a private endpoint.')
output id string = account.id

@description('Blob endpoint.')
output blobUri string = account.properties.primaryEndpoints.blob

@description('Where Flex Consumption puts the package.')
output deploymentContainerUri string = '${account.properties.primaryEndpoints.blob}${deploymentContainerName}'
