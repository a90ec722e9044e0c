metadata description = 'A private endpoint of one service of a storage account, and its record in DNS.'

@description('Name of the endpoint.')
param name string

@description('Region.')
param location string

@description('Subnet that it takes its address from.')
param subnetId string

@description('The account. By its id alone: it may lie in another group.')
param accountId string

@description('Which service of the account.')
param service 'blob' | 'queue' | 'table'

@description('Private DNS zone that gets the record.')
param zoneId string

@description('Tags for the resource.')
param tags { *: string }

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    // Approved by itself: whoever deploys this may write the account, too.
    privateLinkServiceConnections: [
      { name: name, properties: { privateLinkServiceId: accountId, groupIds: [service] } }
    ]
  }

  resource record 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: service, properties: { privateDnsZoneId: zoneId } }]
    }
  }
}
