targetScope = 'subscription'

metadata description = '''
For a subscription of ANOTHER tenant, deployed there by its owner: lets the plgate of this tenant look after the services of
named resource groups (Azure Lighthouse).

Lighthouse knows built-in roles only. The least one that can approve a connection is Network Contributor, which can change
every network in these groups. Give it only where these groups hold nothing but such services; where that is too much,
a plgate of their own is the answer, with the two actions of its own role. Events do not cross tenants: what happens there
is found by the sweep.
'''

import { guidOf, entries } from 'modules/checks.bicep'

@description('Tenant of plgate (AZURE_TENANT_ID there).')
param managingTenantId string

@description('Principal id of the identity of plgate (AZURE_IDENTITY_PRINCIPAL_ID there).')
param principalId string

@description('Names of the resource groups of this subscription that hold the services, with commas between.')
@minLength(1)
param serviceResourceGroupNames string

@description('What plgate may do there. observe: Reader, it decides nothing. decide: Network Contributor.')
param rights 'observe' | 'decide' = 'observe'

var builtIn = {
  observe: 'acdd72a7-3385-48ef-bd42-f606fba80ae7' // Reader: there is no smaller one that shows a Private Link Service.
  decide: '4d97b98b-1d4f-4787-a291-c67834d212e7' // Network Contributor: the smallest with privateEndpointConnections/write.
}

var tenantOfPlgate = guidOf('managingTenantId', managingTenantId)
var principal = guidOf('principalId', principalId)

resource definition 'Microsoft.ManagedServices/registrationDefinitions@2022-10-01' = {
  name: guid(subscription().id, tenantOfPlgate, principal)
  properties: {
    registrationDefinitionName: 'plgate (${rights}) ${principal}'
    description: 'Lets plgate look after the Private Link Services of the groups that are assigned to this definition.'
    // A tenant is no resource.
    #disable-next-line use-resource-id-functions
    managedByTenantId: tenantOfPlgate
    authorizations: [
      { principalId: principal, principalIdDisplayName: 'plgate', roleDefinitionId: builtIn[rights] }
    ]
  }
}

module delegations 'modules/delegation.bicep' = [
  for name in entries(serviceResourceGroupNames): {
    name: 'plgate-delegation-${uniqueString(toLower(name), principal)}'
    scope: resourceGroup(name)
    params: { registrationDefinitionId: definition.id }
  }
]
