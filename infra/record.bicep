targetScope = 'subscription'

metadata description = '''
The record of decisions, in a group of its own: rg-<environment>-record.

It is apart from main.bicep, and its group has no tag of azd, so that "azd down" keeps it. A script runs it before
main.bicep (docs/deploy.md). Running it again changes nothing.
'''

import { allowedAddressesOf } from 'modules/checks.bicep'
import { dataAccountName, deadLetterContainer, deploymentToken, recordGroupName } from 'modules/names.bicep'

@description('Name of the azd environment, as main.bicep gets it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region, as main.bicep gets it.')
@minLength(1)
param location string

@description('Redundancy of the account. Zone redundant by default; not every region has zones.')
param dataSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_ZRS'

@description('''
Days for which an anchor and a sealed segment of the audit can neither be changed nor deleted. A year, because this can be
made longer at any time, but never shorter once it is locked; and because an anchor vouches for everything before it, so
those of the last year protect the whole record. Set what your auditors ask for before you lock.
''')
@minValue(1)
@maxValue(146000)
param auditRetentionDays int = 365

@description('Say true once the policies behind auditRetentionDays are locked (docs/deploy.md): Azure refuses to write a locked policy, so they are left alone then.')
param auditPoliciesLocked bool = false

@description('private: storage is reached through private endpoints and from allowedAddresses only. public: from anywhere, with an identity that has a right.')
param network 'public' | 'private' = 'public'

@description('Public IPv4 addresses and ranges of operators, with commas between, that reach storage although the network is private.')
param allowedAddresses string = ''

var accountName = dataAccountName(deploymentToken(subscription().subscriptionId, environmentName, location))

// No tag azd-env-name: azd down deletes every group that carries it.
resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: recordGroupName(environmentName)
  location: location
}

module dataAccount 'modules/data-account.bicep' = {
  scope: group
  params: {
    name: accountName
    sku: dataSku
    deadLetterContainerName: deadLetterContainer
    auditRetentionDays: auditRetentionDays
    auditPoliciesLocked: auditPoliciesLocked
    network: network
    allowedAddresses: allowedAddressesOf(network, allowedAddresses)
    location: location
  }
}

// The script that deploys this keeps them in azd's environment under these names.
output AZURE_RECORD_GROUP string = group.name
output AZURE_DATA_ACCOUNT string = accountName
output AZURE_DEAD_LETTER_CONTAINER string = deadLetterContainer
