metadata description = '''
The custom roles of plgate, and every right on the account that keeps the record, each beside the sentence that says why.

Not granted, on purpose: Owner, Contributor or Reader anywhere; writing a Private Link Service;
PrivateEndpointConnectionsApproval/action; making or deleting a table or queue; overwriting or deleting an anchor or a sealed
segment of the audit. The reasons stand in the files of the roles, infra/*-role.json.

The roles are written in the group of the record, because Azure wants a role to be written at its first assignable scope,
and this one never changes.
'''

@description('Principal id of the identity of plgate.')
param principalId string

@description('Suffix that makes the names of the custom roles unique: Azure allows a role name once per tenant.')
param roleNameSuffix string

@description('Resource groups whose Private Link Services plgate looks after. Nowhere else can its role be given.')
param serviceResourceGroups { subscriptionId: string, name: string }[]

@description('Whether plgate writes to Azure at all. If not, its role reads and can decide nothing.')
param decides bool

@description('Whether it may take a connection off a service.')
param removes bool

@description('Whether it may read metrics.')
param readsMetrics bool

@description('Guids of the two roles that are given outside of this group, too.')
param roleGuids { services: string, operations: string }

@description('Account with the record.')
param dataAccountName string

@description('Object id of the Entra group that may use the command line on the record; empty for none.')
param operatorsGroupId string

var approver = loadJsonContent('../approver-role.json')
var auditWriter = loadJsonContent('../audit-writer-role.json')
var inventoryReader = loadJsonContent('../inventory-reader-role.json')
var metricsReader = loadJsonContent('../nat-metrics-role.json')
var operationReader = loadJsonContent('../operation-reader-role.json')
var queueWorker = loadJsonContent('../queue-worker-role.json')
var recordKeeper = loadJsonContent('../record-keeper-role.json')
var remover = loadJsonContent('../connection-remover-role.json')

var builtIn = {
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
}

// What an operator's commands write: policies and consumers, each with its event in the ledger; wake-ups and effects that
// are started again; lists that are made anew. Conversations are plgate's alone: a backup reads them.
var tablesOfOperators = ['ledger', 'ledgerindex', 'policies', 'consumers', 'services']
var queues = ['reviews', 'reviews-poison']

resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: dataAccountName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource anchors 'containers' existing = {
      name: 'anchors'
    }

    resource archive 'containers' existing = {
      name: 'archive'
    }
  }

  resource tables 'tableServices' existing = {
    name: 'default'

    resource written 'tables' existing = [for table in tablesOfOperators: { name: table }]

    resource conversations 'tables' existing = {
      name: 'conversations'
    }
  }

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource queue 'queues' existing = [for queue in queues: { name: queue }]
  }
}

// The role on the groups of the services. One role whose actions follow the switches, not one role for each: a deployment
// never takes an assignment back, but it does change a definition, so what is switched off is really gone.
resource serviceRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: roleGuids.services
  properties: {
    roleName: 'plgate on services (${roleNameSuffix})'
    description: join(
      concat(
        [decides ? approver.description : inventoryReader.description],
        removes ? [remover.description] : [],
        readsMetrics ? [metricsReader.description] : []
      ),
      ' '
    )
    type: 'CustomRole'
    permissions: [
      {
        actions: concat(
          decides ? approver.actions : inventoryReader.actions,
          removes ? remover.actions : [],
          readsMetrics ? metricsReader.actions : []
        )
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
    assignableScopes: concat(
      [resourceGroup().id],
      map(serviceResourceGroups, group => '/subscriptions/${group.subscriptionId}/resourceGroups/${group.name}')
    )
  }
}

// For removals only: Azure keeps the state of an operation under the subscription.
resource operationRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (removes) {
  name: roleGuids.operations
  properties: {
    roleName: '${operationReader.name} (${roleNameSuffix})'
    description: operationReader.description
    type: 'CustomRole'
    permissions: [
      { actions: operationReader.actions, notActions: [], dataActions: [], notDataActions: [] }
    ]
    assignableScopes: concat(
      [resourceGroup().id],
      map(union(map(serviceResourceGroups, group => group.subscriptionId), []), id => '/subscriptions/${id}')
    )
  }
}

// The custom role for the tables: rows, and never a table. The built-in Storage Table Data Contributor deletes tables, too.
resource recordKeeperRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, recordKeeper.name)
  properties: {
    roleName: '${recordKeeper.name} (${roleNameSuffix})'
    description: recordKeeper.description
    type: 'CustomRole'
    permissions: [
      { actions: [], notActions: [], dataActions: recordKeeper.dataActions, notDataActions: [] }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

// The custom role for the queues: messages, and never a queue.
resource queueWorkerRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, queueWorker.name)
  properties: {
    roleName: '${queueWorker.name} (${roleNameSuffix})'
    description: queueWorker.description
    type: 'CustomRole'
    permissions: [
      { actions: queueWorker.actions, notActions: [], dataActions: queueWorker.dataActions, notDataActions: [] }
    ]
    assignableScopes: [resourceGroup().id]
  }
}

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

// Reads and writes the ledger and the tables beside it. Every table of the account belongs to plgate.
resource keeper 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataAccount.id, principalId, recordKeeperRole.name)
  scope: dataAccount
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', recordKeeperRole.name)
  }
}

// Sends wake-ups, and lets the queue trigger take them, extend them and move the hopeless ones to the poison queue.
resource worker 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, at) in queues: {
    name: guid(dataAccount::queueService::queue[at].id, principalId, queueWorkerRole.name)
    scope: dataAccount::queueService::queue[at]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueWorkerRole.name)
    }
  }
]

// Operators publish policies, keep the register, start parked work again and rebuild lists (docs/policies.md, pacing.md,
// audit.md). Who may do this decides who gets in: keep the group as small as you would for the network itself.
resource operatorsKeep 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (table, at) in tablesOfOperators: if (!empty(operatorsGroupId)) {
    name: guid(dataAccount::tables::written[at].id, operatorsGroupId, recordKeeperRole.name)
    scope: dataAccount::tables::written[at]
    properties: {
      principalId: operatorsGroupId
      principalType: 'Group'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', recordKeeperRole.name)
    }
  }
]

// For a backup (docs/upgrade.md); no command writes conversations.
resource operatorsReadConversations 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  name: guid(dataAccount::tables::conversations.id, operatorsGroupId, builtIn.storageTableDataReader)
  scope: dataAccount::tables::conversations
  properties: {
    principalId: operatorsGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.storageTableDataReader)
  }
}

// "ops parked" and "ops redrive": look at parked messages, send their wake-ups again, remove them.
resource operatorsWork 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, at) in queues: if (!empty(operatorsGroupId)) {
    name: guid(dataAccount::queueService::queue[at].id, operatorsGroupId, queueWorkerRole.name)
    scope: dataAccount::queueService::queue[at]
    properties: {
      principalId: operatorsGroupId
      principalType: 'Group'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueWorkerRole.name)
    }
  }
]

// "audit verify --anchors": compare the chains with what was anchored. Sealing is rare and given by hand (docs/deploy.md).
resource operatorsReadAnchors 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  name: guid(dataAccount::blobs::anchors.id, operatorsGroupId, builtIn.storageBlobDataReader)
  scope: dataAccount::blobs::anchors
  properties: {
    principalId: operatorsGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.storageBlobDataReader)
  }
}

// The same, and a search that goes back beyond what the table still holds.
resource operatorsReadArchive 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorsGroupId)) {
  name: guid(dataAccount::blobs::archive.id, operatorsGroupId, builtIn.storageBlobDataReader)
  scope: dataAccount::blobs::archive
  properties: {
    principalId: operatorsGroupId
    principalType: 'Group'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', builtIn.storageBlobDataReader)
  }
}

@description('Name of the role on the groups of the services.')
output serviceRoleName string = serviceRole.properties.roleName

@description('Name of the role for evidence, for whoever gives it to an operator.')
output auditWriterRoleName string = auditWriterRole.properties.roleName
