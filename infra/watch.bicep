targetScope = 'subscription'

metadata description = '''
Event Grid for one watched subscription: its topics, and the event subscriptions that send their events to plgate.

Once for each watched subscription, after the code is deployed: Event Grid looks the function up when an event subscription
is made. All of it lies in the group rg-<environment>-watch of that subscription, but for the right of each topic to write
what it could not deliver. Without it plgate finds every request by its sweep, only later. Running it again changes nothing.
'''

import { functionAppOf, guidOf } from 'modules/checks.bicep'
import { deploymentToken } from 'modules/names.bicep'

@description('Name of the azd environment, as main.bicep gets it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of the group. The topics themselves are global.')
@minLength(1)
param location string

@description('Full id of the function app (/subscriptions/{id}/resourceGroups/{name}/providers/Microsoft.Web/sites/{name}).')
param functionAppId string

@description('Subscription with the record.')
param recordSubscriptionId string

@description('Group with the record (AZURE_RECORD_GROUP).')
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

@description('Events of writes and deletions in the subscription. Turn it off where the subscription already has a system topic of this kind: Azure allows one.')
param subscriptionEvents bool = true

@description('Resource notifications: events of what changed, whoever changed it. Who deploys this needs Microsoft.ResourceNotifications/systemTopics/subscribeToResources/action.')
param resourceNotifications bool = false

// One list for Azure and for the local stack.
var filters = loadJsonContent('event-filters.json')
var token = deploymentToken(subscription().subscriptionId, environmentName, location)

var functionApp = functionAppOf('functionAppId', functionAppId)

var deadLetters = {
  subscriptionId: guidOf('recordSubscriptionId', recordSubscriptionId)
  groupName: recordGroupName
  accountName: dataAccountName
  containerName: deadLetterContainerName
}

// No tag azd-env-name: azd down would delete what it does not know.
resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = if (subscriptionEvents || resourceNotifications) {
  name: 'rg-${environmentName}-watch'
  location: location
}

module writes 'modules/watch-topic.bicep' = if (subscriptionEvents) {
  name: 'plgate-subscription-events'
  scope: group
  params: {
    topicName: 'evgt-plgate-${token}'
    topicType: 'Microsoft.Resources.Subscriptions'
    includedEventTypes: filters.subscriptionEvents.includedEventTypes
    filter: { key: 'data.operationName', values: filters.subscriptionEvents.operationNames }
    functionApp: functionApp
    deadLetters: deadLetters
  }
}

module notifications 'modules/watch-topic.bicep' = if (resourceNotifications) {
  name: 'plgate-resource-notifications'
  scope: group
  params: {
    topicName: 'evgt-plgate-resources-${token}'
    topicType: 'Microsoft.ResourceNotifications.Resources'
    includedEventTypes: filters.resourceNotifications.includedEventTypes
    filter: { key: 'data.resourceInfo.type', values: filters.resourceNotifications.resourceTypes }
    functionApp: functionApp
    deadLetters: deadLetters
  }
}
