targetScope = 'subscription'

metadata description = '''
plgate in one resource group, rg-<environment>: function app, host storage, telemetry, and what is switched on beside them.
docs/deploy.md walks through it.

Nothing of it lies outside of that group, because azd down deletes every group that holds a resource of this deployment.
The record of decisions (record.bicep), the rights on the services (rights.bicep) and the events (watch.bicep) are
deployments of their own that azd does not know.
'''

import {
  allowedAddressesOf
  guidOf
  guidsOf
  httpsAddressOf
  networkOf
  optionalDaysOf
  optionalGuidOf
  resourceGroupsOf
  scheduleOf
} from 'modules/checks.bicep'
import { dataAccountName, deploymentToken, recordGroupName } from 'modules/names.bicep'

@description('Name of the azd environment. It names the resource group and tells two deployments apart.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region for everything. It must offer Flex Consumption: az functionapp list-flexconsumption-locations')
@metadata({ azd: { type: 'location' } })
param location string

@description('What plgate may do. observe: decide and record, never write to Azure. approve-only: never reject. enforce: approve and reject.')
param mode 'observe' | 'approve-only' | 'enforce' = 'observe'

@description('''
Resource groups that hold the Private Link Services to look after: their full ids, with commas between. They may lie in
other subscriptions of the same tenant. rights.bicep gives plgate its role on these groups and on nothing else. Empty: on
none, and then it sees no service.
''')
param serviceResourceGroups string = ''

@description('Subscriptions to watch: their ids, with commas between. Empty: those of serviceResourceGroups, or else this one.')
param watchedSubscriptions string = ''

@description('Application (client) id of the Entra app registration of the HTTP API. Tokens for another audience are refused.')
param apiAudience string = ''

@description('Object id of the Entra group that is asked when no policy names reviewers.')
param fallbackReviewers string = ''

@description('Make the Azure Bot, with the identity of plgate, so that cards reach Teams. docs/teams-setup.md goes on from there.')
param teamsBot bool = false

@description('Client id of a Teams bot that was made by hand. Empty, and no teamsBot: no bot; escalated requests wait and are decided over the HTTP API.')
param botAppId string = ''

@description('Teams channel (19:...@thread.tacv2, or its name) or webhook that is asked when no rule names one. Empty: the first channel the bot was added to.')
param teamsChannel string = ''

@description('Webhooks of Teams workflows that are told of requests: name=https://..., with semicolons between, or a Key Vault reference to that text. Whoever knows such an address can post there.')
@secure()
param teamsWebhooks string = ''

@description('Language of the cards.')
param language 'en' | 'ja' = 'en'

@description('Client id of the app registration that people sign in to on the page of a request. Empty: apiAudience.')
param signInClientId string = ''

@description('Address under which people and Teams reach plgate. Empty: the address of the function app.')
param publicUrl string = ''

@description('When to sweep all services for what no event told (NCRONTAB, six fields). Empty: every two minutes.')
param sweepSchedule string = ''

@description('When to write down the heads of all hash chains (NCRONTAB, six fields). A change of the record between two of these times is the one that no anchor shows. Empty: once an hour.')
param anchorSchedule string = ''

@description('Put the LinkID into the description of an approved connection, where the consumer reads it.')
param linkIdInDescription bool = false

@description('How access is taken away that was given: reject leaves the connection as Rejected; remove takes it off the service, for which rights.bicep gives two rights more (docs/lifecycle.md).')
@allowed(['reject', 'remove'])
param revokeBy string = 'reject'

@description('Whether the share of NAT ports in use is read from Azure Monitor, for the fact service.natPorts and for warnings. rights.bicep gives Microsoft.Insights/metrics/read on the groups of the services then (docs/drift.md).')
@allowed(['on', 'off'])
param natPortMetrics string = 'off'

@description('Days of events that the lists hold; the chains keep everything. Empty: the lists hold everything, too. At least 30.')
param indexDays string = ''

@description('private: storage is reached through private endpoints and from allowedAddresses only. The app itself stays reachable, for Event Grid, Teams and people.')
param network 'public' | 'private' = 'public'

@description('Public IPv4 addresses and ranges of operators, with commas between, that reach storage although the network is private.')
param allowedAddresses string = ''

@description('Addresses of the private network, /25 or larger. It may overlap with any other network, since it is peered with none.')
param networkAddresses string = '10.240.0.0/24'

@description('Make an Event Grid topic and publish each decision to it (docs/events.md).')
param publishDecisions bool = false

@description('Largest number of instances of the function app.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Mail addresses that the alerts write to, with commas between. Empty: the portal shows what they find, and nobody is called.')
param alertEmails string = ''

@description('Hours that a request may wait for policy or people before an alert.')
@minValue(1)
@maxValue(8760)
param alertOldestHours int = 24

@description('Minutes without a complete sweep before an alert; three times the schedule of the sweep at least.')
@allowed([15, 30, 60, 180])
param alertSweepMinutes int = 15

var token = deploymentToken(subscription().subscriptionId, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var names = {
  identity: 'id-plgate-${token}'
  hostAccount: 'plgatehost${token}'
  workspace: 'log-plgate-${token}'
  insights: 'appi-plgate-${token}'
  network: 'vnet-plgate-${token}'
  decisions: 'evgt-plgate-decisions-${token}'
  plan: 'plan-plgate-${token}'
  app: 'func-plgate-${token}'
  bot: 'bot-plgate-${token}'
}
// Known by its name alone: it lies in the group of the record.
var dataAccount = dataAccountName(token)

var serviceSubscriptions = union(
  map(resourceGroupsOf('serviceResourceGroups', serviceResourceGroups), group => group.subscriptionId),
  []
)
var subscriptionsWatched = !empty(watchedSubscriptions)
  ? guidsOf('watchedSubscriptions', watchedSubscriptions)
  : empty(serviceSubscriptions) ? [subscription().subscriptionId] : serviceSubscriptions
var addressesLetIn = allowedAddressesOf(network, allowedAddresses)

// Functions get their address under these names. The setting needs it before the app exists, so it cannot be asked of it.
var appSuffixes = {
  AzureCloud: 'azurewebsites.net'
  AzureUSGovernment: 'azurewebsites.us'
  AzureChinaCloud: 'chinacloudsites.cn'
}
var address = httpsAddressOf('publicUrl', publicUrl, 'https://${names.app}.${appSuffixes[environment().name]}')

var clouds = { AzureCloud: 'public', AzureUSGovernment: 'usgov', AzureChinaCloud: 'china' }

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module hostAccount 'modules/host-account.bicep' = {
  scope: group
  params: {
    name: names.hostAccount
    network: network
    allowedAddresses: addressesLetIn
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { workspaceName: names.workspace, insightsName: names.insights, location: location, tags: tags }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    alertEmails: alertEmails
    oldestRequestHours: alertOldestHours
    sweepLateMinutes: alertSweepMinutes
    location: location
    tags: tags
  }
  dependsOn: [monitoring]
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    displayName: 'plgate ${environmentName}'
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: tags
  }
  dependsOn: [monitoring]
}

module decisions 'modules/decisions-topic.bicep' = if (publishDecisions) {
  scope: group
  params: { name: names.decisions, location: location, tags: tags }
}

module privateNetwork 'modules/network.bicep' = if (network == 'private') {
  scope: group
  params: {
    name: names.network
    location: location
    addresses: networkOf('networkAddresses', networkAddresses)
    hostAccountId: hostAccount.outputs.id
    dataAccountId: resourceId(
      subscription().subscriptionId,
      recordGroupName(environmentName),
      'Microsoft.Storage/storageAccounts',
      dataAccount
    )
    tags: tags
  }
}

module rights 'modules/app-rights.bicep' = {
  scope: group
  params: {
    // A preview (what-if) cannot name these assignments in advance. Names without the principal would make it exact and
    // the next deployment after a removal fail, since Azure refuses to change the principal of an assignment.
    #disable-next-line what-if-short-circuiting
    principalId: identity.outputs.principalId
    hostAccountName: names.hostAccount
    insightsName: names.insights
    decisionsTopicName: publishDecisions ? names.decisions : ''
  }
  dependsOn: [hostAccount, monitoring, decisions]
}

module functionApp 'modules/function-app.bicep' = {
  scope: group
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: tags
    identityId: identity.outputs.resourceId
    identityClientId: identity.outputs.clientId
    deploymentContainerUri: hostAccount.outputs.deploymentContainerUri
    hostBlobUri: hostAccount.outputs.blobUri
    dataAccountName: dataAccount
    dataQueueUri: 'https://${dataAccount}.queue.${environment().suffixes.storage}/'
    insightsConnectionString: monitoring.outputs.connectionString
    maximumInstances: maximumInstances
    subnetId: privateNetwork.?outputs.appSubnetId ?? ''
    teamsWebhooks: teamsWebhooks
    plgate: {
      mode: mode
      subscriptions: join(subscriptionsWatched, ',')
      tenantId: tenant().tenantId
      cloud: clouds[environment().name]
      apiAudience: guidOf('apiAudience', apiAudience)
      fallbackReviewers: guidOf('fallbackReviewers', fallbackReviewers)
      botAppId: teamsBot ? identity.outputs.clientId : optionalGuidOf('botAppId', botAppId)
      teamsChannel: teamsChannel
      language: language
      signInClientId: optionalGuidOf('signInClientId', signInClientId)
      publicUrl: address
      indexDays: optionalDaysOf('indexDays', indexDays, 30)
      sweepSchedule: scheduleOf('sweepSchedule', sweepSchedule, '0 */2 * * * *')
      anchorSchedule: scheduleOf('anchorSchedule', anchorSchedule, '0 7 * * * *')
      linkIdInDescription: linkIdInDescription
      revokeBy: revokeBy
      natPortMetrics: natPortMetrics
      decisionsTopic: decisions.?outputs.endpoint ?? ''
    }
  }
  // The host reads its package and its locks in the first second of its life: its rights come first.
  dependsOn: [rights]
}

module bot 'modules/bot.bicep' = if (teamsBot) {
  scope: group
  params: {
    name: names.bot
    displayName: 'plgate ${take(environmentName, 35)}'
    identityId: identity.outputs.resourceId
    identityClientId: identity.outputs.clientId
    address: address
    tags: tags
  }
}

// azd keeps these in the environment; after-deploy.ts and docs/deploy.md read them there.
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP string = names.app
output AZURE_FUNCTION_APP_URL string = functionApp.outputs.url
output AZURE_IDENTITY_ID string = identity.outputs.resourceId
output AZURE_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output AZURE_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
output AZURE_PUBLIC_URL string = address
@description('Empty when no bot was made.')
output AZURE_BOT string = teamsBot ? names.bot : ''
@description('Empty when no decisions are published.')
output AZURE_DECISIONS_TOPIC string = decisions.?outputs.endpoint ?? ''
output AZURE_INSIGHTS string = names.insights
output AZURE_WORKSPACE string = names.workspace
