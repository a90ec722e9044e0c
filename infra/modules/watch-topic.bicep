metadata description = '''
A system topic of one subscription, and the event subscription that sends its events to plgate.

Azure allows one system topic of a kind for each subscription, and it must live in that subscription.
'''

import { appPlace, deadLetterPlace } from 'watch-types.bicep'

@description('Name of the system topic.')
param topicName string

@description('Kind of events.')
param topicType 'Microsoft.Resources.Subscriptions' | 'Microsoft.ResourceNotifications.Resources'

@description('Types of events that are wanted.')
param includedEventTypes string[]

@description('Member of the event that is looked at, and the values of it that are wanted.')
param filter { key: string, values: string[] }

@description('The function app.')
param functionApp appPlace

@description('Where events go that could not be delivered.')
param deadLetters deadLetterPlace

var dataAccountId = resourceId(
  deadLetters.subscriptionId,
  deadLetters.groupName,
  'Microsoft.Storage/storageAccounts',
  deadLetters.accountName
)

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  scope: resourceGroup(functionApp.subscriptionId, functionApp.groupName)
  name: functionApp.name

  resource connectionEvent 'functions' existing = {
    name: 'connection-event'
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topicName
  // Events of a subscription have no region: Azure knows this topic only as global.
  #disable-next-line no-hardcoded-location
  location: 'global'
  identity: { type: 'SystemAssigned' }
  properties: {
    source: subscription().id
    topicType: topicType
  }
}

// Before the subscription: Event Grid looks whether the topic may write there.
module deadLetterRight 'dead-letter-right.bicep' = {
  name: 'plgate-dead-letters-${uniqueString(topic.id)}'
  scope: resourceGroup(deadLetters.subscriptionId, deadLetters.groupName)
  params: {
    // A preview (what-if) cannot name this assignment in advance. A name without the principal would make it exact and
    // the next deployment after a removal fail, since Azure refuses to change the principal of an assignment.
    #disable-next-line what-if-short-circuiting
    topicPrincipalId: topic.identity.principalId
    dataAccountName: deadLetters.accountName
    containerName: deadLetters.containerName
  }
}

resource toPlgate 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'plgate'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    // The function as a resource, not its address as a webhook: Event Grid fetches the key itself, so no key stands in
    // a template, and a 401 is tried again instead of losing the event.
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: app::connectionEvent.id
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      includedEventTypes: includedEventTypes
      advancedFilters: [{ operatorType: 'StringIn', key: filter.key, values: filter.values }]
    }
    // An event only says "look now". After an hour the sweep has looked thirty times; the dead letter tells the
    // operator today, not tomorrow, that delivery is broken.
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 60 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: dataAccountId, blobContainerName: deadLetters.containerName }
      }
    }
  }
  dependsOn: [deadLetterRight]
}
