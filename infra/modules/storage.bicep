metadata description = '''
Two storage accounts, because the two kinds of data need different rights.

The host account holds the deployment package and what the Functions host keeps for itself (locks, function keys). The
host creates its own containers, so it needs Blob Data Owner on the account: who can write here can replace the code.
The data account holds the ledger, the policies and the queue. Nothing of the host lives there, so the right that the
host needs does not reach the record of decisions.

Two containers of the data account hold what the record is checked against: a blob in them can be written once and then
neither changed nor deleted for auditRetentionDays. That is a policy on the container; it needs no versioning and no soft
delete. It is made unlocked, because a locked one can never be removed or shortened, and the account with it cannot be
deleted: a first deployment has to be removable. To lock it is a step of its own, in docs/deploy.md.

Neither account has usable keys: shared key access is off, every caller comes with an Entra identity.
'''

@description('Name of the account for the Functions host.')
@minLength(3)
@maxLength(24)
param hostAccountName string

@description('Name of the account for the data of plgate.')
@minLength(3)
@maxLength(24)
param dataAccountName string

@description('Region.')
param location string

@description('Redundancy of the data account. The host account can be made anew at any time and stays locally redundant.')
param dataSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

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

@description('Tags for the resources.')
param tags { *: string }

var deploymentContainerName = 'deployment'

// Names as src/ uses them. They are made here so that the app needs no right to create them at start.
var tables = ['ledger', 'ledgerindex', 'policies', 'consumers', 'services', 'conversations']
// The host moves a message that failed too often to <queue>-poison.
var queues = ['reviews', 'reviews-poison']

resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: hostAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource deployment 'containers' = {
      name: deploymentContainerName
    }
  }
}

resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: dataAccountName
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: dataSku }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
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

@description('Blob endpoint of the host account.')
output hostBlobUri string = hostAccount.properties.primaryEndpoints.blob

@description('Where Flex Consumption puts the package.')
output deploymentContainerUri string = '${hostAccount.properties.primaryEndpoints.blob}${deploymentContainerName}'

@description('Queue endpoint of the data account.')
output dataQueueUri string = dataAccount.properties.primaryEndpoints.queue
