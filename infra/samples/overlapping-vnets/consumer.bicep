targetScope = 'subscription'

metadata description = '''
One consumer of the lab: a network of its own, a private endpoint that asks for the service by its alias, and a machine to
try it from. main.bicep deploys it for each consumer; somebody in another tenant deploys this file alone.
'''

@description('Name of the lab, as in main.bicep.')
@minLength(2)
@maxLength(20)
param labName string = 'overlap'

@description('Short name of the consumer.')
@minLength(2)
@maxLength(20)
param consumerName string

@description('Region. It need not be that of the service.')
param location string = deployment().location

@description('Tags for the group and its resources.')
param tags { *: string } = { 'plgate-lab': labName }

@description('Alias of the service: what the provider hands out, and all that a consumer knows of it.')
@minLength(40)
param alias string

@description('What the consumer says when it asks. The reviewers read it.')
@maxLength(140)
param requestMessage string = '${consumerName} asks for payroll (lab ${labName})'

@description('Addresses of the network. The lab gives the same to everybody.')
param addressRange string = '10.0.0.0/16'

@description('Addresses of its one subnet.')
param machineRange string = '10.0.1.0/24'

@description('Private DNS zone in which the consumer gives the endpoint a name.')
param dnsZoneName string = 'payroll.internal'

@description('Size of the machine.')
param machineSize string = 'Standard_B2ats_v2'

@description('Name of the account on the machine. Nobody signs in with it.')
param adminUsername string = 'lab'

@description('Public half of an SSH key. Nobody signs in with it.')
@minLength(80)
param adminSshPublicKey string

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${labName}-${consumerName}'
  location: location
  tags: tags
}

module network 'modules/consumer-network.bicep' = {
  scope: group
  params: {
    suffix: '${labName}-${consumerName}'
    location: location
    tags: tags
    addressRange: addressRange
    machineRange: machineRange
    alias: alias
    requestMessage: requestMessage
    dnsZoneName: dnsZoneName
  }
}

module machine 'modules/machine.bicep' = {
  scope: group
  params: {
    name: 'vm-${labName}-${consumerName}'
    location: location
    tags: tags
    size: machineSize
    subnetId: network.outputs.subnetId
    adminUsername: adminUsername
    adminSshPublicKey: adminSshPublicKey
    script: loadFileAsBase64('machines/visitor.py')
    environment: 'LAB_URL=${network.outputs.url}'
  }
}

@description('Name of the private endpoint: the connection on the service begins with it.')
output endpointName string = network.outputs.endpointName

@description('Id of the private endpoint.')
output endpointId string = network.outputs.endpointId

@description('What its machine asks.')
output url string = network.outputs.url

@description('Command that shows what its machine got to see.')
output look string = machine.outputs.look
