metadata description = '''
The system topic that carries the write and delete events of one subscription.

Azure allows one such topic per subscription, and it must live in that subscription. The event subscription that sends
its events to plgate is a second deployment (events.bicep): Event Grid accepts it only once the function exists.
'''

@description('Name of the system topic.')
param topicName string

@description('Subscription whose events are wanted.')
param sourceSubscriptionId string

@description('Tags for the resource.')
param tags { *: string }

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topicName
  // Events of a subscription have no region: Azure knows this topic only as global.
  #disable-next-line no-hardcoded-location
  location: 'global'
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: '/subscriptions/${sourceSubscriptionId}'
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

@description('Principal id of the topic, for the right to write dead letters.')
output principalId string = topic.identity.principalId
