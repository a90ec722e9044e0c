targetScope = 'subscription'

metadata description = 'plgate in one resource group: function app, storage, telemetry, Event Grid topic, and the rights it needs. docs/deploy.md walks through it.'

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
other subscriptions of the same tenant. plgate gets its role on these groups and on nothing else. Empty: on none, and
then it sees no service.
''')
param serviceResourceGroups string = ''

@description('Subscriptions to watch: their ids, with commas between. Empty: those of serviceResourceGroups, or else this one.')
param watchedSubscriptions string = ''

@description('Application (client) id of the Entra app registration of the HTTP API. Tokens for another audience are refused.')
@minLength(36)
@maxLength(36)
param apiAudience string

@description('Object id of the Entra group that is asked when no policy names reviewers.')
@minLength(36)
@maxLength(36)
param fallbackReviewers string

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

@description('How access is taken away that was given: reject leaves the connection as Rejected; remove takes it off the service, for which the identity needs a second role (docs/lifecycle.md).')
@allowed(['reject', 'remove'])
param revokeBy string = 'reject'

@description('Whether the share of NAT ports in use is read from Azure Monitor, for the fact service.natPorts and for warnings. The identity needs Microsoft.Insights/metrics/read on the services then (docs/drift.md).')
@allowed(['on', 'off'])
param natPortMetrics string = 'off'

@description('''
Days for which an anchor and a sealed segment of the audit can neither be changed nor deleted. A year, because this can be
made longer at any time, but never shorter once it is locked; and because an anchor vouches for everything before it, so
those of the last year protect the whole record. Set what your auditors ask for before you lock.
''')
@minValue(1)
@maxValue(146000)
param auditRetentionDays int = 365

@description('Days of events that the lists hold; the chains keep everything. Empty: the lists hold everything, too. At least 30.')
param indexDays string = ''

@description('Say true once the policies behind auditRetentionDays are locked (docs/deploy.md): Azure refuses to write a locked policy, so they are left alone then.')
param auditPoliciesLocked bool = false

@description('Event Grid: make the system topic of this subscription and send its events to plgate. Without it plgate still finds everything, up to one sweep later. Turn it off where the subscription already has a system topic.')
param events bool = true

@description('Redundancy of the storage account with the record of decisions. Zone redundant by default; not every region has zones.')
param dataSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_ZRS'

@description('Largest number of instances of the function app.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }
var names = {
  identity: 'id-plgate-${token}'
  hostAccount: 'plgatehost${token}'
  dataAccount: 'plgatedata${token}'
  deadLetters: 'deadletters'
  workspace: 'log-plgate-${token}'
  insights: 'appi-plgate-${token}'
  topic: 'evgt-plgate-${token}'
  plan: 'plan-plgate-${token}'
  app: 'func-plgate-${token}'
  bot: 'bot-plgate-${token}'
}

// "/subscriptions/{id}/resourceGroups/{name}" → { subscriptionId, name }. Anything else stops the deployment here, with
// the reason, instead of giving a right somewhere else. Lower case, so that one group written twice is one group.
var serviceScopes = map(
  union(filter(map(split(serviceResourceGroups, ','), id => toLower(trim(id))), id => !empty(id)), []),
  id =>
    length(split(id, '/')) == 5 && startsWith(id, '/subscriptions/') && split(id, '/')[3] == 'resourcegroups'
      ? { subscriptionId: split(id, '/')[2], name: split(id, '/')[4] }
      : fail('serviceResourceGroups: "${id}" is not the id of a resource group (/subscriptions/{subscription id}/resourceGroups/{name})')
)

var serviceSubscriptions = union(map(serviceScopes, group => group.subscriptionId), [])
var subscriptionsWatched = !empty(watchedSubscriptions)
  ? watchedSubscriptions
  : empty(serviceSubscriptions) ? subscription().subscriptionId : join(serviceSubscriptions, ',')

// Functions get their address under these names. The setting needs it before the app exists, so it cannot be asked of it.
var appSuffixes = {
  AzureCloud: 'azurewebsites.net'
  AzureUSGovernment: 'azurewebsites.us'
  AzureChinaCloud: 'chinacloudsites.cn'
}
var address = empty(publicUrl) ? 'https://${names.app}.${appSuffixes[environment().name]}' : publicUrl

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

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    hostAccountName: names.hostAccount
    dataAccountName: names.dataAccount
    dataSku: dataSku
    deadLetterContainerName: names.deadLetters
    auditRetentionDays: auditRetentionDays
    auditPoliciesLocked: auditPoliciesLocked
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { workspaceName: names.workspace, insightsName: names.insights, location: location, tags: tags }
}

module topic 'modules/event-grid.bicep' = if (events) {
  scope: group
  params: { topicName: names.topic, sourceSubscriptionId: subscription().subscriptionId, tags: tags }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    // A preview (what-if) cannot name these assignments in advance. Names without the principal would make it exact and
    // the next deployment after a removal fail, since Azure refuses to change the principal of an assignment.
    #disable-next-line what-if-short-circuiting
    principalId: identity.outputs.principalId
    roleNameSuffix: '${environmentName} ${token}'
    serviceResourceGroups: serviceScopes
    hostAccountName: names.hostAccount
    dataAccountName: names.dataAccount
    insightsName: names.insights
    #disable-next-line what-if-short-circuiting
    topicPrincipalId: topic.?outputs.principalId ?? ''
    deadLetterContainerName: names.deadLetters
  }
  dependsOn: [storage, monitoring]
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
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    hostBlobUri: storage.outputs.hostBlobUri
    dataAccountName: names.dataAccount
    dataQueueUri: storage.outputs.dataQueueUri
    insightsConnectionString: monitoring.outputs.connectionString
    maximumInstances: maximumInstances
    teamsWebhooks: teamsWebhooks
    plgate: {
      mode: mode
      subscriptions: subscriptionsWatched
      tenantId: tenant().tenantId
      cloud: clouds[environment().name]
      apiAudience: apiAudience
      fallbackReviewers: fallbackReviewers
      botAppId: teamsBot ? identity.outputs.clientId : botAppId
      teamsChannel: teamsChannel
      language: language
      signInClientId: signInClientId
      publicUrl: address
      indexDays: indexDays
      sweepSchedule: empty(sweepSchedule) ? '0 */2 * * * *' : sweepSchedule
      anchorSchedule: empty(anchorSchedule) ? '0 7 * * * *' : anchorSchedule
      linkIdInDescription: linkIdInDescription
      revokeBy: revokeBy
      natPortMetrics: natPortMetrics
    }
  }
  // The host reads its package and its locks in the first second of its life: its rights come first.
  dependsOn: [roles]
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
output AZURE_APPROVER_ROLE string = roles.outputs.approverRoleName
output AZURE_AUDIT_WRITER_ROLE string = roles.outputs.auditWriterRoleName
output AZURE_DATA_ACCOUNT string = names.dataAccount
output AZURE_DEAD_LETTER_CONTAINER string = names.deadLetters
output AZURE_PUBLIC_URL string = address
@description('Empty when no bot was made.')
output AZURE_BOT string = teamsBot ? names.bot : ''
@description('Empty when events are off.')
output AZURE_EVENT_TOPIC string = events ? names.topic : ''
