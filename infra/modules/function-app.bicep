metadata description = 'The function app: Flex Consumption, Node 24, one identity, no keys and no connection strings.'

@description('Name of the function app.')
param name string

@description('Name of the plan.')
param planName string

@description('Region. It must offer Flex Consumption.')
param location string

@description('Resource id of the identity.')
param identityId string

@description('Client id of the identity.')
param identityClientId string

@description('Container that holds the package.')
param deploymentContainerUri string

@description('Blob endpoint of the account of the Functions host.')
param hostBlobUri string

@description('Account with the data of plgate.')
param dataAccountName string

@description('Queue endpoint of the data account.')
param dataQueueUri string

@description('Where telemetry goes.')
param insightsConnectionString string

@description('Largest number of instances: the upper bound of the bill.')
@minValue(1)
@maxValue(1000)
param maximumInstances int

@description('Subnet that the app goes out through; empty where the network is public.')
param subnetId string

@description('What plgate itself is told. Each becomes the setting of that name in src/runtime/config.ts; an empty one counts as not set.')
param plgate {
  mode: string
  subscriptions: string
  tenantId: string
  cloud: 'public' | 'usgov' | 'china'
  apiAudience: string
  fallbackReviewers: string
  botAppId: string
  teamsChannel: string
  publicUrl: string
  language: string
  signInClientId: string
  sweepSchedule: string
  anchorSchedule: string
  indexDays: string
  linkIdInDescription: bool
  revokeBy: 'reject' | 'remove'
  natPortMetrics: 'on' | 'off'
  decisionsTopic: string
}

@description('Webhooks of Teams workflows, or a Key Vault reference to them. Secret: whoever knows an address can post there.')
@secure()
param teamsWebhooks string

@description('Tags for the resources.')
param tags { *: string }

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds the app to deploy to by this tag; the value is the service's name in azure.yaml.
  tags: union(tags, { 'azd-service-name': 'plgate' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    // Everything that the app calls goes through the subnet; Flex Consumption knows no other way once there is one.
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // For a setting that is a Key Vault reference: the platform reads the vault as this identity.
    keyVaultReferenceIdentity: identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'node', version: '24' }
      scaleAndConcurrency: { instanceMemoryMB: 2048, maximumInstanceCount: maximumInstances }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: [
        { name: 'PLGATE_MODE', value: plgate.mode }
        { name: 'PLGATE_SUBSCRIPTIONS', value: plgate.subscriptions }
        { name: 'PLGATE_TENANT_ID', value: plgate.tenantId }
        { name: 'PLGATE_CLOUD', value: plgate.cloud }
        { name: 'PLGATE_API_AUDIENCE', value: plgate.apiAudience }
        { name: 'PLGATE_FALLBACK_REVIEWERS', value: plgate.fallbackReviewers }
        { name: 'PLGATE_BOT_APP_ID', value: plgate.botAppId }
        { name: 'PLGATE_TEAMS_CHANNEL', value: plgate.teamsChannel }
        { name: 'PLGATE_TEAMS_WEBHOOKS', value: teamsWebhooks }
        { name: 'PLGATE_LANGUAGE', value: plgate.language }
        { name: 'PLGATE_PUBLIC_URL', value: plgate.publicUrl }
        { name: 'PLGATE_SIGN_IN_CLIENT_ID', value: plgate.signInClientId }
        { name: 'PLGATE_SWEEP_SCHEDULE', value: plgate.sweepSchedule }
        { name: 'PLGATE_ANCHOR_SCHEDULE', value: plgate.anchorSchedule }
        { name: 'PLGATE_INDEX_DAYS', value: plgate.indexDays }
        // Not string(): that gives "True".
        { name: 'PLGATE_LINK_ID_IN_DESCRIPTION', value: plgate.linkIdInDescription ? 'true' : 'false' }
        { name: 'PLGATE_REVOKE_BY', value: plgate.revokeBy }
        { name: 'PLGATE_NAT_PORT_METRICS', value: plgate.natPortMetrics }
        { name: 'PLGATE_DECISIONS_TOPIC', value: plgate.decisionsTopic }
        { name: 'PLGATE_STORAGE_ACCOUNT', value: dataAccountName }
        { name: 'PLGATE_IDENTITY_CLIENT_ID', value: identityClientId }

        // The host's own storage, by identity. An address, not an account name: the name works in the public cloud only.
        { name: 'AzureWebJobsStorage__blobServiceUri', value: hostBlobUri }
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__clientId', value: identityClientId }

        // The connection that the queue trigger names.
        { name: 'PlgateStorage__queueServiceUri', value: dataQueueUri }
        { name: 'PlgateStorage__credential', value: 'managedidentity' }
        { name: 'PlgateStorage__clientId', value: identityClientId }

        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insightsConnectionString }
        { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'Authorization=AAD;ClientId=${identityClientId}' }
      ]
    }
  }

  // No publishing with a user name and password, neither over FTP nor to the deployment site.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

@description('Address of the app.')
output url string = 'https://${app.properties.defaultHostName}'
