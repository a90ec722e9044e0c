metadata description = 'Application Insights on a Log Analytics workspace. Both take telemetry from Entra identities only, so the connection string in the settings opens nothing by itself.'

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Region.')
param location string

@description('Days that logs are kept. The record of decisions is the ledger, not the logs.')
@minValue(30)
@maxValue(730)
param retentionDays int = 30

@description('Tags for the resources.')
param tags { *: string }

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

@description('Where telemetry goes. Not a secret: local authentication is off.')
output connectionString string = insights.properties.ConnectionString
