metadata description = '''
The account with the record of decisions: ledger, policies and the other tables, the queue of wake-ups, undeliverable events.

It is apart from the account of the Functions host, because the two need different rights: whoever can write where the host
keeps its package can replace the code, and that right must not reach the record.

Two containers hold what the record is checked against: a blob in them can be written once and then neither changed nor
deleted for auditRetentionDays. That is a policy on the container; it needs no versioning and no soft delete. It is made
unlocked, because a locked one can never be removed or shortened, and the account with it cannot be deleted: a first
deployment has to be removable. To lock it is a step of its own, in docs/deploy.md.

The account has no usable key: shared key access is off, every caller comes with an Entra identity.
'''

@description('Name of the account for the data of plgate.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Redundancy. What is lost here is lost for good.')
param sku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

@description('Container for events that could not be delivered.')
param deadLetterContainerName string

@description('Days after which a dead-lettered event is deleted. It may carry names and addresses of people (claims of the caller).')
@minValue(1)
param deadLetterRetentionDays int = 30

@description('Days for which an anchor and a sealed segment can neither be changed nor deleted. For an append blob they count from its last append.')
@minValue(1)
@maxValue(146000)
param auditRetentionDays int

@description('Whether somebody has locked the two policies. Azure refuses to write a locked policy again, so they are left alone then.')
param auditPoliciesLocked bool

@description('Whether callers have to come through private endpoints (private) or from anywhere (public). Either way they need an Entra identity with a right.')
param network 'public' | 'private'

@description('Addresses and ranges of operators that are let in although the network is private.')
param allowedAddresses string[]

// Names as src/ uses them. They are made here so that the app needs no right to create them at start.
var tables = ['ledger', 'ledgerindex', 'policies', 'consumers', 'services', 'conversations']
// The host moves a message that failed too often to <queue>-poison.
var queues = ['reviews', 'reviews-poison']

resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // "AzureServices" lets Event Grid bring its dead letters, by the right that its topic has on that one container. Not
    // "Disabled" for private: then the operators' addresses would count for nothing.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: network == 'private' ? 'Deny' : 'Allow'
      bypass: 'AzureServices'
      ipRules: map(allowedAddresses, address => { value: address, action: 'Allow' })
    }
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource table 'tables' = [for table in tables: { name: table }]
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [for queue in queues: { name: queue }]
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource deadLetters 'containers' = {
      name: deadLetterContainerName
    }

    // The heads of all hash chains, one append blob a day. Named as in src/.
    resource anchors 'containers' = {
      name: 'anchors'
      properties: { publicAccess: 'None' }

      // "onlyIfNotExists" would not do instead of the parameter: a container without a policy answers as if it had one.
      resource policy 'immutabilityPolicies' = if (!auditPoliciesLocked) {
        name: 'default'
        properties: {
          immutabilityPeriodSinceCreationInDays: auditRetentionDays
          // What was appended stays; the next hour is appended to the same blob.
          allowProtectedAppendWrites: true
        }
      }
    }

    // Segments of chains that were moved out of the table, each a block blob that is written once. Named as in src/.
    resource archive 'containers' = {
      name: 'archive'
      properties: { publicAccess: 'None' }

      resource policy 'immutabilityPolicies' = if (!auditPoliciesLocked) {
        name: 'default'
        properties: {
          immutabilityPeriodSinceCreationInDays: auditRetentionDays
          allowProtectedAppendWrites: false
        }
      }
    }
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'forget-dead-letters'
            type: 'Lifecycle'
            definition: {
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: deadLetterRetentionDays } } }
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['${deadLetterContainerName}/'] }
            }
          }
        ]
      }
    }
  }
}
