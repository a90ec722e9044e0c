metadata description = '''
The event subscription: second and last step, deployed into the resource group of plgate by after-deploy.ts.

It is apart from main.bicep because Event Grid looks up the function when the subscription is made. On a first
deployment main.bicep runs before there is any code, so there is no function to find.
'''

@description('System topic (modules/event-grid.bicep).')
param topicName string

@description('Function app.')
param functionAppName string

@description('Storage account for events that could not be delivered.')
param dataAccountName string

@description('Container in that account.')
param deadLetterContainerName string

// One list for Azure and for the local stack.
var filters = loadJsonContent('event-filters.json')

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionAppName

  resource connectionEvent 'functions' existing = {
    name: 'connection-event'
  }
}

resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: dataAccountName
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
      includedEventTypes: filters.subscriptionEvents.includedEventTypes
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.operationName'
          values: filters.subscriptionEvents.operationNames
        }
      ]
    }
    // An event only says "look now". After an hour the sweep has looked thirty times; the dead letter tells the
    // operator today, not tomorrow, that delivery is broken.
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 60 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'SystemAssigned' }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: dataAccount.id, blobContainerName: deadLetterContainerName }
      }
    }
  }
}
