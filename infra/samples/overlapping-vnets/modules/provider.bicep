metadata description = '''
The provider: a web application behind a Standard Load Balancer, and a Private Link Service in front of that.

The service approves nobody by itself. Who may ask is its visibility; who gets in is decided by plgate.
'''

@description('Name of the lab: end of all names.')
param labName string

@description('Region. Service, load balancer and network have to be in one.')
param location string

@description('Tags for the resources.')
param tags { *: string }

@description('Addresses of the network.')
param addressRange string

@description('Addresses of the subnet with load balancer and backend.')
param backendRange string

@description('Addresses of the subnet from which the service takes those that consumers come from.')
param natRange string

@description('Subscriptions that may ask by the alias.')
param visibility string[]

@description('Whether the backend is told by PROXY protocol through which endpoint a client came.')
param proxyProtocol bool

@description('Size of the backend.')
param machineSize string

@description('Name of the account on the backend. Nobody signs in with it.')
param adminUsername string

@description('Public half of an SSH key. Nobody signs in with it.')
param adminSshPublicKey string

var frontendName = 'frontend'
var poolName = 'backend'
var probeName = 'port-80'
var balancerName = 'lb-${labName}'

resource rules 'Microsoft.Network/networkSecurityGroups@2024-07-01' = {
  name: 'nsg-${labName}-backend'
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'consumers'
        properties: {
          description: 'Whoever comes through the service comes from its NAT addresses. No range of a consumer stands here, and none could: it is our own.'
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: natRange
          sourcePortRange: '*'
          destinationAddressPrefix: backendRange
          destinationPortRange: '80'
        }
      }
      {
        name: 'probe'
        properties: {
          description: 'The load balancer asks whether the backend is alive.'
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'AzureLoadBalancer'
          sourcePortRange: '*'
          destinationAddressPrefix: backendRange
          destinationPortRange: '80'
        }
      }
      {
        name: 'nobody-else'
        properties: {
          description: 'Not even the rest of this network, which Azure would let in.'
          priority: 4000
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
          description: 'The backend answers with what its image has.'
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

resource network 'Microsoft.Network/virtualNetworks@2024-07-01' = {
  name: 'vnet-${labName}-provider'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressRange] }
    subnets: [
      {
        name: 'backend'
        properties: {
          addressPrefix: backendRange
          defaultOutboundAccess: false
          networkSecurityGroup: { id: rules.id }
        }
      }
      {
        name: 'nat'
        properties: {
          addressPrefix: natRange
          defaultOutboundAccess: false
          // Azure makes no Private Link Service in a subnet that has these on. It turns off security groups for the
          // addresses of the service only, so one here would do nothing; the one of the backend does.
          privateLinkServiceNetworkPolicies: 'Disabled'
        }
      }
    ]
  }

  resource backend 'subnets' existing = {
    name: 'backend'
  }

  resource nat 'subnets' existing = {
    name: 'nat'
  }
}

resource balancer 'Microsoft.Network/loadBalancers@2024-07-01' = {
  name: balancerName
  location: location
  tags: tags
  // A Private Link Service takes no other, and backend pools by network interface only.
  sku: { name: 'Standard' }
  properties: {
    frontendIPConfigurations: [
      {
        name: frontendName
        properties: { privateIPAllocationMethod: 'Dynamic', subnet: { id: network::backend.id } }
      }
    ]
    backendAddressPools: [{ name: poolName }]
    probes: [
      {
        name: probeName
        // By TCP: with PROXY protocol an HTTP probe would have to bring a header, too.
        properties: { protocol: 'Tcp', port: 80, intervalInSeconds: 5, numberOfProbes: 1 }
      }
    ]
    loadBalancingRules: [
      {
        name: 'http'
        properties: {
          protocol: 'Tcp'
          frontendPort: 80
          backendPort: 80
          frontendIPConfiguration: {
            id: resourceId('Microsoft.Network/loadBalancers/frontendIPConfigurations', balancerName, frontendName)
          }
          backendAddressPool: {
            id: resourceId('Microsoft.Network/loadBalancers/backendAddressPools', balancerName, poolName)
          }
          probe: { id: resourceId('Microsoft.Network/loadBalancers/probes', balancerName, probeName) }
        }
      }
    ]
  }
}

resource service 'Microsoft.Network/privateLinkServices@2024-07-01' = {
  name: 'pls-${labName}'
  location: location
  tags: tags
  properties: {
    loadBalancerFrontendIpConfigurations: [{ id: '${balancer.id}/frontendIPConfigurations/${frontendName}' }]
    // All eight from the beginning: consumers share their ports, and Azure lets none be taken away later.
    ipConfigurations: [
      for number in range(1, 8): {
        name: 'nat-${number}'
        properties: {
          primary: number == 1
          privateIPAllocationMethod: 'Dynamic'
          privateIPAddressVersion: 'IPv4'
          subnet: { id: network::nat.id }
        }
      }
    ]
    visibility: { subscriptions: visibility }
    // Empty, and said: what Azure approves by this list, nobody decided.
    autoApproval: { subscriptions: [] }
    enableProxyProtocol: proxyProtocol
  }
}

module backend 'machine.bicep' = {
  params: {
    name: 'vm-${labName}-backend'
    location: location
    tags: tags
    size: machineSize
    subnetId: network::backend.id
    backendPoolId: '${balancer.id}/backendAddressPools/${poolName}'
    adminUsername: adminUsername
    adminSshPublicKey: adminSshPublicKey
    script: loadFileAsBase64('../machines/backend.py')
    environment: 'LAB_PROXY_PROTOCOL=${proxyProtocol ? 'on' : 'off'}'
  }
}

@description('Id of the service.')
output serviceId string = service.id

@description('Alias of the service, given out by Azure.')
output alias string = service.properties.alias

@description('Command that shows whom the backend got to see.')
output look string = backend.outputs.look
