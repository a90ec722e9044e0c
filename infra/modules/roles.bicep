metadata description = '''
Every right in this deployment, each beside the sentence that says why.

Not granted, on purpose: Owner, Contributor or Reader anywhere; any right on a subscription; writing a Private Link
Service; PrivateEndpointConnectionsApproval/action; overwriting or deleting an anchor or a sealed segment of the audit. The
reasons stand in approver-role.json and audit-writer-role.json.
'''

@description('Principal id of the identity of plgate.')
param principalId string

@description('Suffix that makes the name of the custom role unique: Azure allows a role name once per tenant.')
param roleNameSuffix string

@description('Resource groups whose Private Link Services plgate looks after. Nowhere else can it approve anything.')
param serviceResourceGroups { subscriptionId: string, name: string }[]

@description('Storage account of the Functions host.')
param hostAccountName string

@description('Storage account of the data of plgate.')
param dataAccountName string

@description('Application Insights component.')
param insightsName string

@description('Principal id of the Event Grid topic; empty when events are off.')
param topicPrincipalId string

@description('Container for dead letters in the data account.')
param deadLetterContainerName string

var approver = loadJsonContent('../approver-role.json')
var auditWriter = loadJsonContent('../audit-writer-role.json')

var builtIn = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: hostAccountName
}

resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: dataAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = {
      name: deadLetterContainerName
    }

    resource anchors 'containers' existing = {
      name: 'anchors'
    }

    resource archive 'containers' existing = {
      name: 'archive'
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

// The custom role for Azure itself: three actions, assignable in the listed groups only. The first scope is the group of this
// deployment, because Azure wants a role to be written at its first assignable scope and that one never changes.
resource approverRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, approver.name)
  properties: {
    roleName: '${approver.name} (${roleNameSuffix})'
    description: approver.description
    type: 'CustomRole'
    permissions: [
      { actions: approver.actions, notActions: [], dataActions: [], notDataActions: [] }
    ]
    assignableScopes: concat(
      [resourceGroup().id],
      map(serviceResourceGroups, group => '/subscriptions/${group.subscriptionId}/resourceGroups/${group.name}')
    )
  }
}

// Read the services and their connections, approve or reject a connection, in these groups and no other.
// Resource Graph shows an identity what its roles may read, so the read action here is all the sweep needs.
module approverAssignment 'approver-assignment.bicep' = [
  for group in serviceResourceGroups: {
    name: 'plgate-approver-${uniqueString(group.subscriptionId, group.name, principalId)}'
    scope: resourceGroup(group.subscriptionId, group.name)
    params: {
      principalId: principalId
      roleDefinitionGuid: approverRole.name
    }
  }
]

// The custom role for evidence: two data actions. Azure has no built-in role that adds blobs and cannot overwrite them.
resource auditWriterRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, auditWriter.name)
  properties: {
    roleName: '${auditWriter.name} (${roleNameSuffix})'
    description: auditWriter.description
    type: 'CustomRole'
    permissions: [
      { actions: [], notActions: [], dataActions: auditWriter.dataActions, notDataActions: [] }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

// Appends the heads of the chains and reads them to verify. Who takes over plgate can rewrite the ledger, but not what
// was anchored before: this identity has no right to change it, whether the policy of the container is locked or not.
resource anchorWriter 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataAccount::blobs::anchors.id, principalId, auditWriterRole.name)
  scope: dataAccount::blobs::anchors
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', auditWriterRole.name)
  }
}

// Reads sealed segments, to answer and to verify across the seam. Sealing is an operator's command, so it writes nothing.
resource archiveReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataAccount::blobs::archive.id, principalId, builtIn.storageBlobDataReader)
  scope: dataAccount::blobs::archive
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.storageBlobDataReader)
  }
}

// The Functions host: fetches the package and keeps its locks and keys in containers that it makes itself.
// Azure documents Blob Data Owner as the host's minimum. The account holds nothing else.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostAccount.id, principalId, builtIn.storageBlobDataOwner)
  scope: hostAccount
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.storageBlobDataOwner)
  }
}

// Reads and writes the ledger and the tables beside it. Every table of the account belongs to plgate.
resource dataTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataAccount.id, principalId, builtIn.storageTableDataContributor)
  scope: dataAccount
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtIn.storageTableDataContributor
    )
  }
}

// Sends wake-ups, and lets the queue trigger take them, extend them and move the hopeless ones to the poison queue.
// Message Processor is not enough: extending a message is an update, and that role has no right to update.
resource dataQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataAccount.id, principalId, builtIn.storageQueueDataContributor)
  scope: dataAccount
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtIn.storageQueueDataContributor
    )
  }
}

// Sends telemetry; keys are off there too.
resource telemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, builtIn.monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtIn.monitoringMetricsPublisher
    )
  }
}

// The Event Grid topic, not plgate: writes the events that it could not deliver into this one container.
resource deadLetterWriter 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(topicPrincipalId)) {
  name: guid(dataAccount::blobs::deadLetters.id, topicPrincipalId, builtIn.storageBlobDataContributor)
  scope: dataAccount::blobs::deadLetters
  properties: {
    principalId: topicPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtIn.storageBlobDataContributor
    )
  }
}

@description('Name of the custom role, for whoever removes it.')
output approverRoleName string = approverRole.properties.roleName

@description('Name of the custom role for evidence, for whoever gives it to an operator or removes it.')
output auditWriterRoleName string = auditWriterRole.properties.roleName
