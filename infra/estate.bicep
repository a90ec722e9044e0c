targetScope = 'managementGroup'

metadata description = '''
Rights and events for many subscriptions in one deployment, at a management group above all of them and above the
subscription of plgate itself. It makes what rights.bicep and one watch.bicep for each subscription make, and nothing else:
nothing is given at the management group, because a right there would reach every service of every subscription below.
'''

import { guidOf, guidsOf, resourceGroupsOf } from 'modules/checks.bicep'

@description('Name of the azd environment, as main.bicep gets it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region, as main.bicep gets it.')
@minLength(1)
param location string

@description('Subscription of plgate and of its record.')
param recordSubscriptionId string

@description('Group with the record, in that subscription (AZURE_RECORD_GROUP).')
@minLength(1)
param recordGroupName string

@description('Account with the record (AZURE_DATA_ACCOUNT).')
@minLength(3)
@maxLength(24)
param dataAccountName string

@description('Container for events that could not be delivered (AZURE_DEAD_LETTER_CONTAINER).')
@minLength(3)
@maxLength(63)
param deadLetterContainerName string

@description('Principal id of the identity of plgate (AZURE_IDENTITY_PRINCIPAL_ID).')
param principalId string

@description('Full id of the function app. Empty: rights only, for a deployment before the code is there.')
param functionAppId string = ''

@description('Resource groups that hold the Private Link Services to look after: their full ids, with commas between.')
param serviceResourceGroups string

@description('Subscriptions to watch: their ids, with commas between. Empty: those of serviceResourceGroups.')
param watchedSubscriptions string = ''

@description('What plgate may do, as main.bicep gets it. observe: its role reads.')
param mode 'observe' | 'approve-only' | 'enforce' = 'observe'

@description('How access is taken away, as main.bicep gets it.')
param revokeBy 'reject' | 'remove' = 'reject'

@description('Whether the share of NAT ports in use is read, as main.bicep gets it.')
param natPortMetrics 'on' | 'off' = 'off'

@description('Object id of the Entra group that may use the command line on the record. Empty: nobody but plgate.')
param operatorsGroupId string = ''

@description('Events of writes and deletions in each subscription.')
param subscriptionEvents bool = true

@description('Resource notifications of each subscription.')
param resourceNotifications bool = false

var home = guidOf('recordSubscriptionId', recordSubscriptionId)
var serviceSubscriptions = union(
  map(resourceGroupsOf('serviceResourceGroups', serviceResourceGroups), group => group.subscriptionId),
  []
)
var watched = empty(watchedSubscriptions) ? serviceSubscriptions : guidsOf('watchedSubscriptions', watchedSubscriptions)

module rights 'rights.bicep' = {
  name: 'plgate-rights'
  scope: subscription(home)
  params: {
    environmentName: environmentName
    location: location
    principalId: principalId
    dataAccountName: dataAccountName
    recordGroupName: recordGroupName
    serviceResourceGroups: serviceResourceGroups
    mode: mode
    revokeBy: revokeBy
    natPortMetrics: natPortMetrics
    operatorsGroupId: operatorsGroupId
  }
}

module watch 'watch.bicep' = [
  for id in empty(functionAppId) ? [] : watched: {
    name: 'plgate-watch-${id}'
    scope: subscription(id)
    params: {
      environmentName: environmentName
      location: location
      functionAppId: functionAppId
      recordSubscriptionId: home
      recordGroupName: recordGroupName
      dataAccountName: dataAccountName
      deadLetterContainerName: deadLetterContainerName
      subscriptionEvents: subscriptionEvents
      resourceNotifications: resourceNotifications
    }
  }
]

// As of rights.bicep.
output AZURE_APPROVER_ROLE string = rights.outputs.AZURE_APPROVER_ROLE
output AZURE_AUDIT_WRITER_ROLE string = rights.outputs.AZURE_AUDIT_WRITER_ROLE
