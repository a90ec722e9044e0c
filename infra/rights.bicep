targetScope = 'subscription'

metadata description = '''
Every right of plgate outside of its own group: on the groups of the services and on the account that keeps the record.

It is apart from main.bicep, because azd down deletes each group that holds something of main.bicep; an assignment in the
group of a production service would take that group with it. A script runs it after main.bicep, and takes the rights away
before azd down (docs/deploy.md). Running it again changes nothing.

What plgate may do follows its mode: while it observes, its role cannot approve anything. So a change of the mode needs this
deployment, too; azd provision runs both.
'''

import { guidOf, optionalGuidOf, resourceGroupsOf } from 'modules/checks.bicep'
import { deploymentToken } from 'modules/names.bicep'

@description('Name of the azd environment, as main.bicep gets it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region, as main.bicep gets it. It is part of the names.')
@minLength(1)
param location string

@description('Principal id of the identity of plgate (AZURE_IDENTITY_PRINCIPAL_ID).')
param principalId string

@description('Account with the record (record.bicep).')
@minLength(3)
@maxLength(24)
param dataAccountName string

@description('Group of that account, in this subscription.')
@minLength(1)
param recordGroupName string

@description('''
Resource groups that hold the Private Link Services to look after: their full ids, with commas between. They may lie in
other subscriptions of the same tenant. plgate gets its role on these groups and on nothing else. Empty: on none.
''')
param serviceResourceGroups string = ''

@description('What plgate may do, as main.bicep gets it. observe: its role reads. approve-only and enforce: it approves and rejects; Azure has one action for both.')
param mode 'observe' | 'approve-only' | 'enforce' = 'observe'

@description('How access is taken away. remove adds, while mode is enforce, the right to take a connection off a service, and two reads of operations on the subscriptions of the services.')
param revokeBy 'reject' | 'remove' = 'reject'

@description('Whether the share of NAT ports in use is read, which adds the right to read metrics on the groups of the services.')
param natPortMetrics 'on' | 'off' = 'off'

@description('Object id of the Entra group that may use the command line on the record. Empty: nobody but plgate.')
param operatorsGroupId string = ''

var principal = guidOf('principalId', principalId)
var groups = resourceGroupsOf('serviceResourceGroups', serviceResourceGroups)
var decides = mode != 'observe'
// Only enforce ever takes access away (docs/lifecycle.md).
var removes = mode == 'enforce' && revokeBy == 'remove'

// Worked out here, not asked of the module, so that a preview (what-if) can name each assignment.
var recordGroupId = '${subscription().id}/resourceGroups/${recordGroupName}'
var roleGuids = {
  services: guid(recordGroupId, 'plgate on services')
  operations: guid(recordGroupId, 'plgate operation reader')
}

module record 'modules/record-rights.bicep' = {
  scope: resourceGroup(recordGroupName)
  params: {
    principalId: principal
    roleNameSuffix: '${environmentName} ${deploymentToken(subscription().subscriptionId, environmentName, location)}'
    serviceResourceGroups: groups
    roleGuids: roleGuids
    decides: decides
    removes: removes
    readsMetrics: natPortMetrics == 'on'
    dataAccountName: dataAccountName
    operatorsGroupId: optionalGuidOf('operatorsGroupId', operatorsGroupId)
  }
}

// Resource Graph shows an identity what its roles may read, so this is all the sweep needs, too.
module services 'modules/service-right.bicep' = [
  for group in groups: {
    name: 'plgate-services-${uniqueString(group.subscriptionId, group.name, principal)}'
    scope: resourceGroup(group.subscriptionId, group.name)
    params: { principalId: principal, roleDefinitionGuid: roleGuids.services }
    dependsOn: [record]
  }
]

module operations 'modules/operation-right.bicep' = [
  for id in removes ? union(map(groups, group => group.subscriptionId), []) : []: {
    name: 'plgate-operations-${uniqueString(id, principal)}'
    scope: subscription(id)
    params: { principalId: principal, roleDefinitionGuid: roleGuids.operations }
    dependsOn: [record]
  }
]

// The script that deploys this keeps them in azd's environment under these names.
output AZURE_APPROVER_ROLE string = record.outputs.serviceRoleName
output AZURE_AUDIT_WRITER_ROLE string = record.outputs.auditWriterRoleName
