metadata description = '''
The private network: the app goes out through it, and both storage accounts are reached through private endpoints in it.

It is peered with nothing, so its addresses may overlap with any other network. What comes in (Event Grid, Teams, people)
reaches the app from outside as before; what the app calls besides storage (Azure, Entra, Teams) it calls over the internet.
'''

@description('Name of the network.')
param name string

@description('Region.')
param location string

@description('Addresses of the network, /25 or larger: half of the first /25 for the app, half for the endpoints.')
param addresses string

@description('Account of the Functions host.')
param hostAccountId string

@description('Account with the record. By its id alone: it lies in another group.')
param dataAccountId string

@description('Tags for the resources.')
param tags { *: string }

// The host keeps blobs only (its queue and table endpoints are named nowhere); the record is in all three.
var endpoints = [
  { name: 'host-blob', accountId: hostAccountId, service: 'blob', zone: 0 }
  { name: 'data-blob', accountId: dataAccountId, service: 'blob', zone: 0 }
  { name: 'data-queue', accountId: dataAccountId, service: 'queue', zone: 1 }
  { name: 'data-table', accountId: dataAccountId, service: 'table', zone: 2 }
]
var services = ['blob', 'queue', 'table']

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addresses] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addresses, 26, 0)
          delegations: [
            { name: 'flex-consumption', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addresses, 26, 1)
          defaultOutboundAccess: false
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpointsSubnet 'subnets' existing = {
    name: 'endpoints'
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: {
    name: 'privatelink.${service}.${environment().suffixes.storage}'
    // Zones live in no region.
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, at) in services: {
    parent: zones[at]
    name: name
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

module privateEndpoints 'private-endpoint.bicep' = [
  for endpoint in endpoints: {
    name: 'plgate-endpoint-${endpoint.name}'
    params: {
      name: 'pep-plgate-${endpoint.name}'
      location: location
      subnetId: network::endpointsSubnet.id
      accountId: endpoint.accountId
      service: endpoint.service
      zoneId: zones[endpoint.zone].id
      tags: tags
    }
    // A name is of no use before the network asks this zone.
    dependsOn: [links]
  }
]

@description('Subnet that the app goes out through.')
output appSubnetId string = network::app.id
