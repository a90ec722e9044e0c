metadata description = 'A record for a private endpoint. Azure makes such records for its own services and not for Private Link Services.'

@description('Private DNS zone.')
param zoneName string

@description('Name in the zone.')
param recordName string

@description('Network interface of the endpoint, in this resource group.')
param networkInterfaceName string

resource networkInterface 'Microsoft.Network/networkInterfaces@2024-07-01' existing = {
  name: networkInterfaceName
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: zoneName

  resource record 'A' = {
    name: recordName
    properties: {
      ttl: 300
      aRecords: [{ ipv4Address: networkInterface.properties.ipConfigurations[0].properties.privateIPAddress }]
    }
  }
}
