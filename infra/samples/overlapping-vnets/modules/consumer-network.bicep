metadata description = 'Network of one consumer, the private endpoint in it, and the name of that endpoint.'

@description('End of all names.')
param suffix string

@description('Region.')
param location string

@description('Tags for the resources.')
param tags { *: string }

@description('Addresses of the network.')
param addressRange string

@description('Addresses of its one subnet.')
param machineRange string

@description('Alias of the service.')
param alias string

@description('What the consumer says when it asks.')
@maxLength(140)
param requestMessage string

@description('Name of the private DNS zone.')
param dnsZoneName string

var networkInterfaceName = 'nic-pe-${suffix}'
var recordName = 'app'

resource rules 'Microsoft.Network/networkSecurityGroups@2024-07-01' = {
  name: 'nsg-${suffix}'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'nobody-in'
        properties: {
          description: 'The machine asks and is never asked.'
          priority: 100
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
      {
        name: 'no-internet'
        properties: {
          description: 'What the lab shows needs no internet.'
          priority: 100
          direction: 'Outbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: 'Internet'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// No peering, no gateway, no route to the provider: the endpoint is the only way.
resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: 'vnet-${suffix}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressRange] }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: machineRange
          // New networks are private by default, older ones were not: said, so that it is no matter of age.
          defaultOutboundAccess: false
          networkSecurityGroup: { id: rules.id }
        }
      }
    ]
  }

  resource apps 'subnets' existing = {
    name: 'apps'
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-07-01' = {
  name: 'pe-${suffix}'
  location: location
  tags: tags
  properties: {
    subnet: { id: network::apps.id }
    customNetworkInterfaceName: networkInterfaceName
    // "Manual" is what asks. The other list is for those who may approve at the service themselves, and needs its id.
    manualPrivateLinkServiceConnections: [
      {
        name: 'payroll'
        properties: { privateLinkServiceId: alias, requestMessage: requestMessage }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: dnsZoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: network.name
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
}

// A deployment of its own, because the interface exists only after the endpoint does, and its address with it.
module record 'address-record.bicep' = {
  params: { zoneName: zone.name, recordName: recordName, networkInterfaceName: networkInterfaceName }
  dependsOn: [endpoint]
}

@description('Subnet for the machine.')
output subnetId string = network::apps.id

@description('Name of the private endpoint.')
output endpointName string = endpoint.name

@description('Id of the private endpoint.')
output endpointId string = endpoint.id

@description('Address of the service by its name in this network.')
output url string = 'http://${recordName}.${zone.name}/'
