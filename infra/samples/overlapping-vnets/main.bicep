targetScope = 'subscription'

metadata description = '''
A lab: one provider and two consumers whose networks have the same addresses, joined by a Private Link Service whose
requests plgate decides. README.md beside this file walks through it.
'''

import { Consumer } from 'modules/consumer-type.bicep'

@description('Name of the lab. It names the resource groups, is the tag to delete them by, and tells two labs in one subscription apart. The policy beside this file goes with the default.')
@minLength(2)
@maxLength(20)
param labName string = 'overlap'

@description('Region of the provider, and of every consumer that does not name its own.')
param location string = deployment().location

@description('Who asks for the service. Each gets a resource group, in this subscription or in another one of this tenant.')
@minLength(1)
@maxLength(10)
param consumers Consumer[] = [{ name: 'finance' }, { name: 'logistics' }]

@description('Subscriptions that may ask for the service by its alias. Empty: those of the consumers. "*" opens it to whoever learns the alias; plgate reports such a service as visible-to-anyone.')
@maxLength(100)
param visibility string[] = []

@description('Tell the backend by PROXY protocol which endpoint a client came through (the LinkID). Service and backend are switched together.')
param proxyProtocol bool = false

@description('Public half of an SSH key. Azure makes no Linux machine without a key or a password; nobody signs in with it, no machine has a public address and no rule lets SSH in.')
@minLength(80)
param adminSshPublicKey string

@description('Name of the account that Azure makes on each machine. Nobody signs in with it.')
param adminUsername string = 'lab'

@description('Size of the three machines. It needs a generation 2 image and trusted launch.')
param machineSize string = 'Standard_B2ats_v2'

@description('Private DNS zone that each consumer makes for itself, because Azure makes none for Private Link Services.')
param dnsZoneName string = 'payroll.internal'

// Everybody has the same ranges, down to the subnets: that is what the lab is about.
var addressRange = '10.0.0.0/16'
var machineRange = '10.0.1.0/24'
// Sixteen addresses, of which Azure keeps five: room for the eight that a service can have.
var natRange = '10.0.2.0/28'

var tags = { 'plgate-lab': labName }
var names = map(consumers, consumer => toLower(consumer.name))
// The provider's group has a name of that kind, too.
var isNamed = length(union(names, ['provider'])) == length(names) + 1
var named = isNamed ? consumers : fail('consumers: two have the same name, or one is called provider')
var subscriptions = map(named, consumer => toLower(consumer.?subscriptionId ?? subscription().subscriptionId))

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${labName}-provider'
  location: location
  tags: tags
}

module provider 'modules/provider.bicep' = {
  scope: group
  params: {
    labName: labName
    location: location
    tags: tags
    addressRange: addressRange
    backendRange: machineRange
    natRange: natRange
    visibility: empty(visibility) ? union(subscriptions, []) : visibility
    proxyProtocol: proxyProtocol
    machineSize: machineSize
    adminUsername: adminUsername
    adminSshPublicKey: adminSshPublicKey
  }
}

// One after the other: an endpoint that is being made locks the service for the next.
@batchSize(1)
module consumer 'consumer.bicep' = [
  for (one, index) in named: {
    scope: subscription(subscriptions[index])
    params: {
      labName: labName
      consumerName: one.name
      location: one.?location ?? location
      tags: tags
      alias: provider.outputs.alias
      requestMessage: one.?requestMessage ?? '${one.name} asks for payroll (lab ${labName})'
      addressRange: addressRange
      machineRange: machineRange
      dnsZoneName: dnsZoneName
      machineSize: machineSize
      adminUsername: adminUsername
      adminSshPublicKey: adminSshPublicKey
    }
  }
]

@description('What a consumer asks by. Hand it to somebody in another tenant, whose subscription is in visibility, with consumer.bicep.')
output alias string = provider.outputs.alias

@description('The service, as plgate names it.')
output serviceId string = provider.outputs.serviceId

@description('Value for PLGATE_SERVICE_RESOURCE_GROUPS, or one more entry of it.')
output serviceResourceGroup string = group.id

@description('Names of the connections to look for begin so; Azure puts an id behind.')
output connectionNames string[] = [for index in range(0, length(named)): '${consumer[index].outputs.endpointName}.']

@description('Endpoints, as plgate names them, for a policy.')
output endpointIds string[] = [for index in range(0, length(named)): consumer[index].outputs.endpointId]

@description('Commands that show what each consumer gets to see. A machine tries the service twice a minute and says how it went on its console.')
output look string[] = [for index in range(0, length(named)): consumer[index].outputs.look]

@description('Command that shows whom the provider gets to see.')
output lookAtProvider string = provider.outputs.look

@description('Command that deletes the lab. The provider comes last: Azure deletes no service that has connections.')
output deleteAll string = join(
  concat(
    map(
      range(0, length(named)),
      index => 'az group delete --yes --subscription ${subscriptions[index]} --name rg-${labName}-${named[index].name}'
    ),
    ['az group delete --yes --subscription ${subscription().subscriptionId} --name rg-${labName}-provider']
  ),
  ' && '
)
